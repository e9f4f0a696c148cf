import { fstatSync, writeSync } from "node:fs";
import { BoundedLines } from "./bounded-lines.ts";
import { endProcessWithin } from "./end-process.ts";
import { openOutput } from "./output.ts";

/** Lines of the log that wait for whoever reads standard error. */
const MAX_WAITING_BYTES = 1 << 20;
const LAST_ATTEMPT_S = 2;

/**
 * Standard error for a log. What a pipe, a socket or journald has room for is there when the call returns, so that the last words of a process
 * that dies are. A reader that stops reading holds nothing up. What still waits when the process ends is tried once more, for two seconds.
 *
 * @param lossLine says how many lines were lost
 */
export function openStandardError(lossLine: (lost: number) => string): BoundedLines {
  const output = openOutput(2, () => undefined);
  const stats = fstatSync(2);
  // Node has made these non-blocking; a terminal it has opened anew, and files always wait.
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

/** Gives what there was no room for. */
function writeNow(bytes: Buffer): Buffer {
  try {
    return bytes.subarray(writeSync(2, bytes));
  } catch {
    return bytes;
  }
}
