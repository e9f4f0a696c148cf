import { setTimeout as sleep } from "node:timers/promises";
import type { Failure } from "./delivery.ts";

/**
 * Limits an attempt to a time, whatever it waits for: a receiver that sends a byte now and then
 * would hold it for ever.
 */
export async function within<Result>(
  ms: number,
  signal: AbortSignal,
  attempt: (signal: AbortSignal) => Promise<Result>,
): Promise<Result | Failure> {
  const late = new AbortController();
  const ended = new AbortController();
  const deadline = sleep(ms, undefined, { signal: ended.signal, ref: false }).then((): Failure => {
    late.abort();
    return { ok: false, trouble: "passing", error: `the attempt did not end within ${ms / 1000} s` };
  });
  deadline.catch(() => undefined);
  try {
    return await Promise.race([attempt(AbortSignal.any([signal, late.signal])), deadline]);
  } finally {
    ended.abort();
  }
}
