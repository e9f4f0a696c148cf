import type { Outcome } from "./delivery.ts";
import { alertForTerminal, alertLine, eventForTerminal, eventLine } from "./log-line.ts";
import type { DeliveryTo, Receiver, ReceiverContext } from "./receiver.ts";

/** JSON Lines to a file or, for the path "-", to standard output; on a terminal lines for people instead. */
export const log: Receiver<"log"> = {
  deliver: (delivery, context) => Promise.resolve(deliver(delivery, context)),
  isImmediate: true,
  maxAlerts: Infinity,
  gatherEventsMs: 0,
  maxEvents: Infinity,
};

function deliver(delivery: DeliveryTo<"log">, context: ReceiverContext): Outcome {
  const { path } = delivery.action;
  const forTerminal = path === "-" && context.standardOutput.isTerminal;
  const lines = forTerminal ? linesForTerminal(delivery, context) : jsonLines(delivery, context);
  if (lines.length === 0) return { ok: true };
  try {
    if (path === "-") context.standardOutput.write(`${lines.join("\n")}\n`);
    else context.eventLog(path).append(lines);
    return { ok: true };
  } catch (error) {
    return { ok: false, retry: true, error: error instanceof Error ? error.message : String(error) };
  }
}

function jsonLines({ content }: DeliveryTo<"log">, { labels, nowUnixMs }: ReceiverContext): readonly string[] {
  return content.kind === "alerts"
    ? content.alerts.map((alert) => alertLine(alert, labels, nowUnixMs()))
    : content.events.map((record) => eventLine(record, { ...labels, ...content.labels }));
}

function linesForTerminal({ content }: DeliveryTo<"log">, { nowUnixMs }: ReceiverContext): readonly string[] {
  return content.kind === "alerts"
    ? content.alerts.map((alert) => alertForTerminal(alert, nowUnixMs()))
    : content.events.map(eventForTerminal);
}
