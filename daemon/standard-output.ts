import type { Logger } from "pino";
import type { TextOutput } from "./notify/receiver.ts";

/**
 * Standard output for actions with the path "-". Its reader may end before the daemon does (`bpfwarden run | head -1`): then what goes
 * there is lost, which is said once, and everything else runs on.
 */
export function openStandardOutput(logger: Logger): TextOutput {
  let isOpen = true;
  process.stdout.on("error", (error) => {
    if (isOpen) logger.error({ err: error }, "standard output takes nothing any more: what is written to it is lost");
    isOpen = false;
  });
  return {
    isTerminal: process.stdout.isTTY,
    write(text) {
      if (isOpen) process.stdout.write(text);
    },
  };
}
