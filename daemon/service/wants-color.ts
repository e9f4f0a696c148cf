import type { WriteStream } from "node:tty";

/**
 * Returns true for a terminal that supports colors and whose user wants them
 * (https://no-color.org).
 */
export function wantsColor(
  { isTTY }: Pick<WriteStream, "isTTY">,
  environment: NodeJS.ProcessEnv = process.env,
): boolean {
  return isTTY && allowsColor(environment);
}

/** Returns true if the environment allows colors on any terminal. */
export function allowsColor({ NO_COLOR = "", TERM }: NodeJS.ProcessEnv): boolean {
  return NO_COLOR === "" && TERM !== "dumb";
}
