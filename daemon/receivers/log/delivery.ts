import { stripVTControlCharacters } from "node:util";
import { setImmediate } from "node:timers/promises";
import { errorText } from "../../../bpf/source/error-text.ts";
import type { DeliveryContent, Outcome } from "../../notify/queue/delivery.ts";
import { alertForTerminal, alertLine, eventForTerminal, eventLine } from "./log-line.ts";
import type { LogAction } from "./settings.ts";
import type { DeliveryTo, ReceiverContext, ReceiverDelivery } from "../../notify/deliver/receiver-delivery.ts";

/**
 * Writes JSON Lines to a file or, for the path "-", to standard output; on a terminal lines for
 * people instead.
 */
export const receiverDelivery: ReceiverDelivery<LogAction> = { deliver, takeRecords };

async function deliver(
  delivery: DeliveryTo<LogAction>,
  context: ReceiverContext,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    for await (const lines of linesInTurns(delivery, context)) {
      if (lines.length > 0) await context.openLog(delivery.action).write(lines, signal);
    }
    return { ok: true };
  } catch (error) {
    return { ok: false, trouble: "passing", error: errorText(error) };
  }
}

/**
 * The number of alerts that become lines, and are written, before other work has its turn. Ten
 * thousand take half a second, and more memory than a log has for waiting lines. If the log fails
 * between two pieces, the next attempt writes all of them.
 */
const ALERTS_AT_ONCE = 200;

async function* linesInTurns(
  { action, content }: DeliveryTo<LogAction>,
  context: ReceiverContext,
): AsyncGenerator<readonly string[], void, undefined> {
  if (content.kind !== "alerts") {
    yield linesOf({ action, content }, context);
    return;
  }
  for (let first = 0; first < content.alerts.length; first += ALERTS_AT_ONCE) {
    if (first > 0) await setImmediate();
    const alerts = content.alerts.slice(first, first + ALERTS_AT_ONCE);
    yield linesOf({ action, content: { ...content, alerts } }, context);
  }
}

/** Takes records into memory of a limited size; records that find no room there are counted. */
function takeRecords(delivery: Omit<DeliveryTo<LogAction>, "id">, context: ReceiverContext): void {
  const { content, action } = delivery;
  if (content.kind !== "events") return;
  context.openLog(action).add(content.rule, content.events.length, () => linesOf(delivery, context));
}

function linesOf({ action, content }: Omit<DeliveryTo<LogAction>, "id">, context: ReceiverContext): readonly string[] {
  if (action.path !== "-" || !context.isTerminal) return jsonLines(content, context);
  const lines = linesForTerminal(content, context);
  return context.hasColors === false ? lines.map(stripVTControlCharacters) : lines;
}

function jsonLines(content: DeliveryContent, { labels, nowUnixMs }: ReceiverContext): readonly string[] {
  const unixMs = nowUnixMs();
  return content.kind === "alerts"
    ? content.alerts.map((alert) => alertLine(alert, labels, unixMs))
    : content.events.map((record) => eventLine(record, { ...labels, ...content.labels }));
}

function linesForTerminal(content: DeliveryContent, { nowUnixMs }: ReceiverContext): readonly string[] {
  return content.kind === "alerts"
    ? content.alerts.map((alert) => alertForTerminal(alert, nowUnixMs()))
    : content.events.map(eventForTerminal);
}
