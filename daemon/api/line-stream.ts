import type { ServerResponse } from "node:http";

/** An answer that goes on: lines of JSON, until the client or the daemon ends it. */
export class LineStream {
  /** begins to write lines, and returns a function that ends this */
  readonly begin: (response: ServerResponse) => () => void;

  constructor(begin: LineStream["begin"]) {
    this.begin = begin;
  }

  send(response: ServerResponse): void {
    response.writeHead(200, { "Content-Type": "application/x-ndjson" });
    const end = this.begin(response);
    response.on("close", end);
  }
}
