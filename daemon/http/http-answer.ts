/** The answer to a request. */
export interface HttpAnswer {
  readonly status: number;
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** pieces are sent as they come, so that a long answer does not hold the ticks */
  readonly body: string | Buffer | AsyncIterable<string | Buffer>;
}

export const PLAIN_TEXT = "text/plain; charset=utf-8";

/** Returns an answer of one text for people and probes. */
export const plainText = (status: number, text: string): HttpAnswer => ({
  ...{ status, type: PLAIN_TEXT },
  body: `${text}\n`,
});
