import { request } from "node:http";
import { refused, unreachable } from "./control-client.ts";

/** A line of JSON from the daemon. */
export type FollowedLine = Readonly<Record<string, unknown>> & { readonly kind: string };

export interface FollowOptions {
  /** the rules to follow; all if there are none */
  readonly rules: readonly string[];
  /** ends it without an error */
  readonly signal: AbortSignal;
  /** Resolves when it has taken a line. Meanwhile no other is read, and the daemon drops some. */
  readonly onLine: (text: string, line: FollowedLine) => Promise<void>;
}

/** A longer line is not a daemon's. */
const MAX_LINE = 16 * 1024 * 1024;

/**
 * Follows the daemon at a socket. Resolves with why it ended: undefined if the signal ended it.
 * Rejects with ControlError if the daemon refuses or cannot be reached.
 */
export async function follow(socketPath: string, options: FollowOptions): Promise<string | undefined> {
  const { rules, signal, onLine } = options;
  const { promise, resolve, reject } = Promise.withResolvers<AsyncIterable<string>>();
  const path = `/v1/follow?${new URLSearchParams(rules.map((rule) => ["rule", rule])).toString()}`;
  const outgoing = request({ socketPath, path, signal, agent: false });
  outgoing.on("error", (error) => reject(unreachable(socketPath, error)));
  outgoing.on("response", (response) => {
    response.setEncoding("utf8");
    if (response.statusCode === 200) return resolve(response as AsyncIterable<string>);
    void refusal(response, response.statusCode ?? 0).then(reject);
  });
  outgoing.end();
  try {
    const reason = await readLines(await promise, onLine);
    return signal.aborted ? undefined : reason;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

async function refusal(response: AsyncIterable<string>, status: number): Promise<Error> {
  let text = "";
  for await (const chunk of response) text += chunk;
  return refused(text, status);
}

/** Resolves with the reason of the end. */
async function readLines(chunks: AsyncIterable<string>, onLine: FollowOptions["onLine"]): Promise<string> {
  let rest = "";
  try {
    for await (const chunk of chunks) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > MAX_LINE) throw new Error("expected lines of JSON, found a longer one");
      for (const text of lines) {
        const line = JSON.parse(text) as FollowedLine;
        if (line.kind === "end") return String(line["reason"]);
        await onLine(text, line);
      }
    }
  } catch (error) {
    if (!isCut(error)) throw error;
  }
  return "the daemon has ended";
}

/** True if the other side has closed the connection within an answer. */
function isCut(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE");
}
