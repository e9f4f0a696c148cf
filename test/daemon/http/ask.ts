import { request, type IncomingHttpHeaders } from "node:http";
import { text } from "node:stream/consumers";

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends a request to a port of this host; other headers than those of `fetch` can be set. */
export async function ask(
  port: number,
  path: string,
  { method = "GET", headers = {} }: { readonly method?: string; readonly headers?: Record<string, string> } = {},
): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<Answered>();
  request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
    text(response).then(
      (body) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      reject,
    );
  })
    .on("error", reject)
    .end();
  return promise;
}
