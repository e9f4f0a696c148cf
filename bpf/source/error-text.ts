/** The most characters of an error: a message from outside can have any length. */
const MAX_LENGTH = 500;

/**
 * Describes an error: its message, its code if the message does not contain it, and the errors of
 * all attempts of an AggregateError. The text is never empty, for any thrown value.
 */
export function errorText(error: unknown): string {
  const text = textOf(error);
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}

function textOf(error: unknown): string {
  if (error === undefined || error === null) return "failed for an unknown reason";
  if (!(error instanceof Error))
    return typeof error === "string" && error !== "" ? error : `threw a value of type ${typeof error}`;
  const own = ownText(error);
  if (own !== undefined) return own;
  return error.cause === undefined ? error.name : textOf(error.cause);
}

/**
 * Node's AggregateError (such as for a name with two addresses) has its texts in `errors` and no
 * message.
 */
function ownText(error: Error): string | undefined {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const parts = error.message === "" && error instanceof AggregateError ? error.errors.slice(0, 4).map(textOf) : [];
  const message = error.message || [...new Set(parts)].join("; ");
  if (message === "") return code === "" ? undefined : code;
  return code === "" || message.includes(code) ? message : `${message} (${code})`;
}
