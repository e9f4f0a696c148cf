import { setTimeout as sleep } from "node:timers/promises";

/** Polls until `probe` gives a value. Throws what was awaited after `timeoutMs`: a bound against hanging, not a measurement. */
export async function waitUntil<Value>(
  what: string,
  probe: () => Value | undefined | false,
  timeoutMs = 20_000,
): Promise<Value> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = probe();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`timed out waiting for ${what}`);
    await sleep(10);
  }
}
