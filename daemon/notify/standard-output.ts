import type { Logger } from "pino";
import type { LineSink } from "../audit/line-sink.ts";
import { openOutput } from "../service/output.ts";

/** Standard output for actions with the path "-". */
export interface StandardOutput extends LineSink {
  readonly isTerminal: boolean;
}

/**
 * Opens standard output. Nothing waits for it but the lines after. Its reader may end before the
 * daemon does (`bpfwarden run | head -1`). Then lines for it are lost, which is logged once, and
 * everything else runs on.
 */
export function openStandardOutput(logger: Logger): StandardOutput {
  let isClosed = false;
  const { isTerminal, write } = openOutput(1, (error) => {
    if (!isClosed)
      logger.error({ err: error }, "standard output takes nothing any more: what is written to it is lost");
    isClosed = true;
  });
  return {
    isTerminal,
    write,
    get isClosed() {
      return isClosed;
    },
    release: () => Promise.resolve(),
  };
}
