import type { Delivery, Failure, Outcome } from "../../../daemon/notify/queue/delivery.ts";
import { Dispatcher, type DispatcherOptions } from "../../../daemon/notify/queue/dispatcher.ts";
import type { DeliveryReport } from "../../../daemon/notify/queue/receiver-queue.ts";
import type { ActionSettings } from "../../../daemon/settings/settings.ts";
import { alert, alerts, logTo } from "./fixtures.ts";

export const webhook: ActionSettings = {
  name: "hook",
  kind: "webhook",
  url: { from: "plain", value: "" },
  timeoutMs: 1,
};
export const mail: Extract<ActionSettings, { readonly kind: "email" }> = {
  name: "mail",
  kind: "email",
  to: ["a@example.org"],
  from: "b@example.org",
};
export const log: ActionSettings = logTo("-", "log");

export const FAILED: Failure = { ok: false, trouble: "passing", error: "no" };
/** After which everything is given up. */
export const DAY_MS = 86_400_000;
export const REFUSED: Outcome = { ok: false, trouble: "message", error: "never" };

/**
 * A dispatcher on a clock that stands until it is slept on; `outcomes` answers attempts in turn,
 * then everything succeeds.
 */
export function setUp(outcomes: readonly Outcome[] = [], changes: Partial<DispatcherOptions> = {}) {
  const attempts: Delivery[] = [];
  const reports: DeliveryReport[] = [];
  const slept: number[] = [];
  let now = 0;
  let ids = 0;
  const left = [...outcomes];
  const dispatcher = new Dispatcher({
    attempt: (delivery) => {
      attempts.push(delivery);
      return Promise.resolve(left.shift() ?? { ok: true });
    },
    report: (report) => void reports.push(report),
    clock: { bootMs: () => now, unixMs: () => now, unixNs: () => BigInt(Math.round(now)) * 1_000_000n },
    newId: () => `new ${ids++}`,
    random: () => 0.5,
    sleep: (ms) => {
      slept.push(ms);
      now += ms;
      return Promise.resolve();
    },
    ...changes,
  });
  return { dispatcher, attempts, reports, slept };
}

export function delivery(id: string, action: ActionSettings = webhook): Delivery {
  return { ...alerts(action, alert), id };
}

/** Lets all that needs no clock come to rest. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** A receiver that takes all but what `refuses` says, on a clock of its own that `run` moves. */
export function world(refuses: (id: string, nowMs: number) => Failure | undefined) {
  let now = 0;
  let timers: { readonly at: number; readonly wake: () => void }[] = [];
  const tried: (readonly [number, string])[] = [];
  const delivered: string[] = [];
  const { dispatcher, reports } = setUp([], {
    clock: { bootMs: () => now, unixMs: () => now, unixNs: () => BigInt(Math.round(now)) * 1_000_000n },
    attempt: ({ id }) => {
      tried.push([now, id]);
      const failure = refuses(id, now);
      if (failure === undefined) delivered.push(id);
      return Promise.resolve(failure ?? { ok: true });
    },
    sleep: (ms, signal) =>
      new Promise((wake) => {
        signal.addEventListener("abort", () => wake());
        timers.push({ at: now + ms, wake });
      }),
  });
  const run = async (ms: number): Promise<void> => {
    const end = now + ms;
    await settled();
    for (;;) {
      const next = timers.toSorted((one, other) => one.at - other.at)[0];
      if (next === undefined || next.at > end) break;
      timers = timers.filter((each) => each !== next);
      now = Math.max(now, next.at);
      next.wake();
      await settled();
    }
    now = end;
  };
  return { dispatcher, tried, delivered, reports, run, now: () => now };
}

/** A message about a group of its own. */
export function about(group: string, id = group): Delivery {
  const made = alerts(webhook, alert);
  if (made.content.kind !== "alerts") throw new Error("expected alerts");
  return { ...made, id, content: { ...made.content, group: { key: group, labels: {} } } };
}
