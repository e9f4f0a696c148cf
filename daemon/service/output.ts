import { fstatSync, write } from "node:fs";
import { promisify } from "node:util";

const LINE_BREAK = Buffer.from("\n");
const writeTo = promisify(write);

/** Standard output or standard error, written to without holding up the main thread. */
export interface Output {
  readonly isTerminal: boolean;
  /** Writes whole lines; to be called anew only when the call before has ended. Rejects with Node's error. */
  readonly write: (lines: Buffer) => Promise<void>;
}

/**
 * An output whose reader may be slow or stop (a full pipe, Ctrl-S): then a write stays under way and nothing waits for it but what is written
 * after.
 *
 * @param onGone called each time that there is nobody any more who could read it
 */
export function openOutput(fd: 1 | 2, onGone: (error: Error) => void): Output {
  return fstatSync(fd).isFile() ? fileOutput(fd) : streamOutput(fd === 1 ? process.stdout : process.stderr, onGone);
}

function streamOutput(stream: NodeJS.WriteStream, onGone: (error: Error) => void): Output {
  if (stream.isTTY) unblock(stream);
  stream.on("error", onGone);
  return {
    isTerminal: stream.isTTY,
    async write(lines) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      stream.write(lines, (error) => (error instanceof Error ? reject(error) : resolve()));
      await promise;
    },
  };
}

/** Node makes writes to a terminal wait, which Ctrl-S would have the daemon do; libuv can do otherwise. */
function unblock(stream: NodeJS.WriteStream): void {
  const { _handle: handle } = stream as unknown as { readonly _handle?: { setBlocking?(isBlocking: boolean): number } };
  handle?.setBlocking?.(false);
}

/** A file is written off the main thread: its disk may hang. A line that a full disk cut ends before the next one begins. */
function fileOutput(fd: number): Output {
  let torn = false;
  return {
    isTerminal: false,
    async write(lines) {
      const bytes = torn ? Buffer.concat([LINE_BREAK, lines]) : lines;
      let written = 0;
      try {
        while (written < bytes.length)
          written += (await writeTo(fd, bytes, written, bytes.length - written, null)).bytesWritten;
        torn = false;
      } catch (error) {
        torn ||= written > 0;
        throw error;
      }
    },
  };
}
