import { fstatSync, write } from "node:fs";
import { promisify } from "node:util";

const LINE_BREAK = Buffer.from("\n");
const writeTo = promisify(write);

/** Standard output or standard error, written without blocking the main thread. */
export interface Output {
  readonly isTerminal: boolean;
  /**
   * Writes whole lines. Call it again only after the previous call has ended. Rejects with Node's
   * error.
   */
  readonly write: (lines: Buffer) => Promise<void>;
}

/**
 * Opens an output whose reader may be slow or stop (a full pipe, Ctrl-S). A write then stays
 * unfinished, and only later writes wait for it.
 *
 * @param onGone called for each write that fails because the reader is gone
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

/**
 * Makes a terminal non-blocking through libuv. Node makes it blocking, so that Ctrl-S would stop
 * the daemon.
 */
function unblock(stream: NodeJS.WriteStream): void {
  const { _handle: handle } = stream as unknown as { readonly _handle?: { setBlocking?(isBlocking: boolean): number } };
  handle?.setBlocking?.(false);
}

/**
 * Writes to a file on another thread, because its disk may hang. Ends a line that a full disk cut
 * off before the next one begins.
 */
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
