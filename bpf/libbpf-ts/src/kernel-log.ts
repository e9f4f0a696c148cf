import { constants } from "node:os";
import { BpfError, type Operation } from "./bpf-error.ts";
import { withoutSignals } from "./signals.ts";
import { VerifierError } from "./verifier-error.ts";

/** Logs of more than 64 KiB are rare. The kernel's own limit was 16 MiB - 1 up to Linux 5.1. */
const FIRST_LOG_BYTES = 64 * 1024;
const LAST_LOG_BYTES = 16 * 1024 * 1024 - 1;

/**
 * The log that a load command is to write: none, level 1 into this buffer, or level 4 for the
 * verifier's statistics.
 */
export interface LogRequest {
  readonly level: 0 | 1 | 4;
  readonly buffer: Uint8Array | null;
}

/**
 * Loads without a log, which costs least. After a failure it loads again with a log, which grows
 * until the kernel's text fits, so that the error has the text. The verifier gives up with EAGAIN
 * when a signal comes (c3494801cd17 "bpf: check pending signals while verifying programs"), and
 * libbpf tries five times. If signals still come, it is tried once more with signals blocked.
 *
 * @param load returns a descriptor, or a negative errno
 * @returns the descriptor
 */
export function loadWithLog(operation: Operation, subject: string, load: (log: LogRequest) => number): number {
  const first = load({ level: 0, buffer: null });
  const fd = -first === constants.errno.EAGAIN ? withoutSignals(() => load({ level: 0, buffer: null })) : first;
  if (fd >= 0) return fd;
  let logBytes = FIRST_LOG_BYTES;
  for (;;) {
    const buffer = new Uint8Array(logBytes);
    const result = load({ level: 1, buffer });
    if (result >= 0) return result;
    const cut = -result === constants.errno.ENOSPC && logBytes < LAST_LOG_BYTES;
    if (!cut) throw loadError(operation, -fd, subject, textOf(buffer));
    logBytes = Math.min(logBytes * 8, LAST_LOG_BYTES);
  }
}

/**
 * Returns the error. Without a log it is not from the verifier: a capability is missing, or the
 * kernel does not know an attribute.
 */
export function loadError(operation: Operation, errno: number, subject: string, log: string): BpfError {
  return log === "" ? new BpfError(operation, errno, subject) : new VerifierError(operation, errno, subject, log);
}

export function textOf(buffer: Uint8Array): string {
  const end = buffer.indexOf(0);
  return Buffer.from(buffer.subarray(0, end < 0 ? buffer.length : end)).toString("utf8");
}
