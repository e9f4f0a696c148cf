import type { WriteStream } from "node:tty";

/** Whether a stream is a terminal that colors can be sent to and whose user wants them (https://no-color.org). */
export function wantsColor(
  { isTTY }: Pick<WriteStream, "isTTY">,
  environment: NodeJS.ProcessEnv = process.env,
): boolean {
  return isTTY && allowsColor(environment);
}

/** What the environment says of any terminal. */
export function allowsColor({ NO_COLOR = "", TERM }: NodeJS.ProcessEnv): boolean {
  return NO_COLOR === "" && TERM !== "dumb";
}
