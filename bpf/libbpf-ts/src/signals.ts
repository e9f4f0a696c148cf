import { pthreadSigmask } from "./libc.ts";

/** SIG_BLOCK and SIG_SETMASK of asm-generic/signal-defs.h, which x86-64 and arm64 share */
const SIG_BLOCK = 0;
const SIG_SETMASK = 2;
/** sigset_t of glibc, 1024 signals */
const SET_BYTES = 128;

/**
 * Runs `body` while this thread gets no signals except those that cannot be blocked. Other signals
 * are delivered after it.
 */
export function withoutSignals<Result>(body: () => Result): Result {
  const before = new Uint8Array(SET_BYTES);
  pthreadSigmask(SIG_BLOCK, new Uint8Array(SET_BYTES).fill(0xff), before);
  try {
    return body();
  } finally {
    pthreadSigmask(SIG_SETMASK, before, null);
  }
}
