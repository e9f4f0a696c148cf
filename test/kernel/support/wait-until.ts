import { setTimeout as sleep } from "node:timers/promises";
import { thisGuest } from "../../vm/features.ts";

/** An emulated processor takes its time. */
export const SLOWNESS = thisGuest === undefined ? 1 : 10;

/**
 * Polls until `probe` gives a value. Throws what was awaited after `timeoutMs`, more in a guest: a
 * bound against hanging, not a measurement.
 */
export async function waitUntil<Value>(
  what: string,
  probe: () => Value | undefined | false,
  timeoutMs = 20_000,
): Promise<Value> {
  const deadline = performance.now() + timeoutMs * SLOWNESS;
  for (;;) {
    const value = probe();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`timed out waiting for ${what}`);
    await sleep(10);
  }
}
