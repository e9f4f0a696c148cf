import type { HistoryEntry, NotifiedEntry } from "../../store/history-answers.ts";
import type { Decision } from "../../notify/stages/stage.ts";
import { listed } from "./listed.ts";

/** The known notifications of an alert. */
export interface Notifications {
  /** absent if the history does not have it */
  readonly entry?: HistoryEntry | undefined;
  /** the actions that know that it fires */
  readonly notified: readonly string[];
  /** what holds it now */
  readonly heldBy: readonly { readonly stage: string; readonly reason: string }[];
  readonly decisions: readonly Decision[];
}

/** The stages that hold messages, not alerts. */
const OF_MESSAGES: ReadonlySet<string> = new Set(["group", "budget"]);

/** Says who was notified and when, and what holds the alert back. */
export function notifiedSentences({ entry, notified, heldBy, decisions }: Notifications): readonly string[] {
  const sent = entry?.notified.map(notifiedSentence) ?? [];
  const known = sent.length > 0 || notified.length === 0 ? sent : [`${listed(notified)} know that it fires.`];
  const before = (entry?.heldBack ?? []).filter(({ stage }) => !heldBy.some((now) => now.stage === stage));
  const messages = decisions.filter(({ stage, outcome }) => outcome === "held" && OF_MESSAGES.has(stage));
  return [
    ...(known.length === 0 ? ["Nobody was notified of it."] : known),
    ...heldBy.map(({ stage, reason }) => `It is held back now (${stage}): ${reason}.`),
    ...before.map(({ stage, reason, at }) => `It was held back at ${inSeconds(at)} (${stage}): ${reason}.`),
    ...messages.map(({ stage, reason, action }) => `${action ?? "Each receiver"} waits (${stage}): ${reason}.`),
  ];
}

const DELIVERED: Readonly<Record<NotifiedEntry["outcome"], string>> = {
  waiting: "the message is not delivered yet",
  delivered: "the message was delivered",
  failed: "the message was given up",
  dropped: "the message was dropped",
};

function notifiedSentence({ receiver, status, at, outcome, settledAt, error }: NotifiedEntry): string {
  const what = status === "resolved" ? "it ended" : "it fires";
  const when = settledAt === undefined ? "" : ` at ${inSeconds(settledAt)}`;
  const why = error === undefined ? "" : `: ${error}`;
  return `${receiver} was notified at ${inSeconds(at)} that ${what}; ${DELIVERED[outcome]}${when}${why}.`;
}

export const inSeconds = (time: string): string => time.replace(/\.\d+/, "");
