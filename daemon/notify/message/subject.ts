import type { AlertsContent, EventsContent } from "../queue/delivery.ts";
import { durationText } from "../../text/duration-text.ts";
import { byStatus, mostSevereFirst } from "./by-status.ts";
import { summaryText, withoutStatus } from "./summary-text.ts";

/** The first line of a message, in parts: `[STATE] RULE: WHAT`. */
export interface Subject {
  /** `FIRING critical`, `RESOLVED`, `EVENTS` */
  readonly state: string;
  readonly rule: string;
  /** the news, which may quote texts from anyone */
  readonly what: string;
}

/**
 * Returns how bad it is, and the worst of the news: `[FIRING critical] slow: p99 260ms > 20ms
 * {comm="dd"} and 11 more, 1 resolved`.
 */
export function alertsSubject({ rule, alerts, news }: AlertsContent): Subject {
  const { firing, ended } = byStatus(alerts.slice(0, Math.max(1, news)));
  const { firing: stillFiring } = byStatus(alerts);
  const [first, ...others] = mostSevereFirst(firing);
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  if (first !== undefined) {
    const also = ended.length === 0 ? "" : `, ${ended.length} resolved`;
    return { state: `FIRING ${first.level}`, rule, what: `${summaryText(first)}${more}${also}` };
  }
  const [firstEnded, ...othersEnded] = ended;
  const moreEnded = othersEnded.length === 0 ? "" : ` and ${othersEnded.length} more`;
  const what = `${firstEnded === undefined ? "" : withoutStatus(summaryText(firstEnded))}${moreEnded}`;
  const [worst] = mostSevereFirst(stillFiring);
  if (worst === undefined) return { state: "RESOLVED", rule, what };
  const counts = `${stillFiring.length} still firing, ${ended.length} resolved`;
  return { state: `FIRING ${worst.level}`, rule, what: `${counts}: ${what}` };
}

/** Returns how many records came: `[EVENTS] bash-audit: 12 events in 5s`. */
export function eventsSubject(content: EventsContent): Subject {
  const count = content.events.length + content.omitted;
  const what = `${count} ${count === 1 ? "event" : "events"}${heldText(content)}`;
  return { state: "EVENTS", rule: content.rule, what };
}

export const subjectText = ({ state, rule, what }: Subject): string => `[${state}] ${rule}: ${what}`;

/** Says over which time records came that the budget held back: ` in 5m`. */
export function heldText({ heldMs }: EventsContent): string {
  return heldMs === undefined ? "" : ` in ${durationText(Math.max(1000, Math.round(heldMs / 1000) * 1000) * 1e6)}`;
}
