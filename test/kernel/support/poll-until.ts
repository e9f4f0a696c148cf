import { setTimeout as sleep } from "node:timers/promises";
import { SLOWNESS } from "./wait-until.ts";

/** As `waitUntil`, for a probe that has to wait itself: an answer of another program. */
export async function pollUntil<Value>(
  what: string,
  probe: () => Promise<Value | undefined | false>,
  timeoutMs = 20_000,
): Promise<Value> {
  const deadline = performance.now() + timeoutMs * SLOWNESS;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`timed out waiting for ${what}`);
    await sleep(20);
  }
}
