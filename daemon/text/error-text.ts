/** What others send can be of any length. */
const MAX_LENGTH = 500;

/**
 * What went wrong, in words: the message, with the code where the message does not hold it, and what several attempts at one thing met.
 * Whatever was thrown, the text is never empty.
 */
export function errorText(error: unknown): string {
  const text = textOf(error);
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}

function textOf(error: unknown): string {
  if (error === undefined || error === null) return "failed for a reason that is not known";
  if (!(error instanceof Error))
    return typeof error === "string" && error !== "" ? error : `threw a value of type ${typeof error}`;
  const own = ownText(error);
  if (own !== undefined) return own;
  return error.cause === undefined ? error.name : textOf(error.cause);
}

/** An AggregateError of Node, such as of one name with two addresses, has its texts in `errors` and no message. */
function ownText(error: Error): string | undefined {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const parts = error.message === "" && error instanceof AggregateError ? error.errors.slice(0, 4).map(textOf) : [];
  const message = error.message || [...new Set(parts)].join("; ");
  if (message === "") return code === "" ? undefined : code;
  return code === "" || message.includes(code) ? message : `${message} (${code})`;
}
