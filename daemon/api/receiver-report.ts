import type { ReceiverTrouble } from "../notify/queue/dispatcher.ts";
import type { DeadLetter } from "../notify/queue/outbox.ts";
import { timeText } from "../text/time-text.ts";
import type { Clock } from "../service/clock.ts";
import type { ActionSettings } from "../settings/settings.ts";
import { MAX_FAILING, type ReceiverReport } from "./status-report.ts";

const NONE = { waiting: 0, delivered: 0, retried: 0, failed: 0, dropped: 0 } as const;

/**
 * @param trouble undefined where nothing has gone there yet
 * @param deadLetters of all receivers, the oldest first
 */
export function receiverReport(
  { name, kind }: ActionSettings,
  trouble: ReceiverTrouble | undefined,
  deadLetters: readonly DeadLetter[],
  clock: Pick<Clock, "bootMs" | "unixMs">,
): ReceiverReport {
  const bootAtUnixMs = clock.unixMs() - clock.bootMs();
  const failing = (trouble?.failing ?? []).slice(0, MAX_FAILING).map(({ letter, tries, lastError }) => ({
    ...{ id: letter.id, rule: letter.rule, since: timeText(bootAtUnixMs + letter.sinceMs) },
    ...{ tries, error: lastError ?? "" },
  }));
  const dead = deadLetters.filter(({ letter }) => letter.action === name).toReversed();
  const reports = dead.slice(0, MAX_FAILING).map(({ letter, failed }) => ({
    ...{ id: letter.id, rule: letter.rule, since: timeText(bootAtUnixMs + letter.sinceMs), items: letter.items },
    ...{ givenUpAt: timeText(failed.unixMs), error: failed.error },
  }));
  return { name, kind, ...NONE, ...trouble?.counters, failing, deadLetters: reports };
}
