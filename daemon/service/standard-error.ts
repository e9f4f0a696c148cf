import { fstatSync, writeSync } from "node:fs";
import { BoundedLines } from "./bounded-lines.ts";
import { endProcessWithin } from "./end-process.ts";
import { openOutput } from "./output.ts";

/** The most bytes of log lines that wait for the reader of standard error. */
const MAX_WAITING_BYTES = 1 << 20;
const LAST_ATTEMPT_S = 2;

/**
 * Opens standard error for a log. What a pipe, a socket or journald accepts at once is written when
 * the call returns, so that the last lines of a dying process are not lost. A reader that stops
 * reading does not block the process. When the process ends, the remaining lines are tried once
 * more, for two seconds.
 *
 * @param lossLine returns a line that says how many lines were lost
 */
export function openStandardError(lossLine: (lost: number) => string): BoundedLines {
  const output = openOutput(2, () => undefined);
  const stats = fstatSync(2);
  // Node has made pipes and sockets non-blocking. A terminal is opened again, and files always
  // block.
  const isReady = stats.isFIFO() || stats.isSocket();
  const lines = new BoundedLines({
    tryWrite: isReady ? writeNow : (bytes) => bytes,
    write: async (bytes) => output.write(bytes),
    maxBytes: MAX_WAITING_BYTES,
    lossLine,
  });
  process.once("exit", () => {
    const { left } = lines;
    if (left.length === 0) return;
    endProcessWithin(LAST_ATTEMPT_S);
    writeNow(left);
  });
  return lines;
}

/** Writes what fits and returns the rest. */
function writeNow(bytes: Buffer): Buffer {
  try {
    return bytes.subarray(writeSync(2, bytes));
  } catch {
    return bytes;
  }
}
