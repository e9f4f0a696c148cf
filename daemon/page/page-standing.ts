import { hash } from "node:crypto";
import { codeFrame } from "../../bpf/source/code-frame.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { positionAt } from "../../bpf/source/position.ts";
import type { SilenceReport } from "../api/silence-report.ts";
import type { HeartbeatReport, ReceiverReport, StatusReport } from "../api/status-report.ts";
import { durationText } from "../text/duration-text.ts";
import { numberText } from "../text/number-text.ts";
import { counted } from "../text/terminal-text.ts";
import type { PageHead, PageProblem, PageReceiver, PageSilence } from "./page-report.ts";
import type { PageSource } from "./page-source.ts";
import { shown } from "./shown.ts";

const MOST_PROBLEMS = 50;
const MOST_SILENCES = 100;
/** The most errors below a receiver. */
const MOST_NOTES = 5;

/** Returns the daemon's own row. */
export function pageHead(
  source: PageSource,
  standing: ReturnType<PageSource["standing"]>,
  rules: Pick<PageHead, "counts" | "level" | "firing" | "leftOut">,
): PageHead {
  const { version, pid, folder, startedAt, heartbeat } = standing;
  return {
    ...{ id: "head", version, pid, ...rules },
    instance: shown(source.labels()["instance"] ?? ""),
    folder: shown(folder),
    startedAtUnixMs: Date.parse(startedAt),
    troubles: troublesOf(standing).map((text) => shown(text)),
    heartbeat: heartbeat === undefined ? "" : shown(heartbeatText(heartbeat)),
  };
}

function troublesOf({ stateTrouble, stateSetAside = 0 }: Omit<StatusReport, "rules">): readonly string[] {
  return [
    ...(stateTrouble === undefined ? [] : [`state is not kept: ${stateTrouble}`]),
    ...(stateSetAside === 0 ? [] : [`${counted(stateSetAside, "document")} of the state could not be read: set aside`]),
  ];
}

function heartbeatText({ action, everyMs, sentAt, heldBack, error }: HeartbeatReport): string {
  const last = sentAt === undefined ? "none yet" : `last at ${sentAt}`;
  const why = heldBack === undefined ? error && `, failed: ${error}` : `, held back: ${heldBack}`;
  return `heartbeat to ${action} every ${durationText(everyMs * 1e6)}: ${last}${why ?? ""}`;
}

export function pageReceiver(receiver: ReceiverReport): PageReceiver {
  const { name, kind, delivered, waiting, retried, failed, dropped, trouble, lost = 0 } = receiver;
  const notes = notesOf(receiver);
  return {
    ...{ id: name, kind, delivered: numberText(delivered), waiting: numberText(waiting) },
    ...{ retried: numberText(retried), failed: numberText(failed), dropped: numberText(dropped) },
    isTroubled: failed > 0 || dropped > 0 || lost > 0 || trouble !== undefined || receiver.failing.length > 0,
    notes: [
      ...notes.slice(0, MOST_NOTES).map((note) => shown(note)),
      ...(notes.length > MOST_NOTES ? [`${notes.length - MOST_NOTES} more: see bpfwarden status`] : []),
    ],
  };
}

function notesOf({ failing, deadLetters, heldBack, lost, trouble }: ReceiverReport): readonly string[] {
  return [
    ...(trouble === undefined ? [] : [trouble]),
    ...failing.map(
      ({ rule, since, tries, error }) =>
        `a message of "${rule}" has waited since ${since}, failed ${counted(tries, "time")}: ${error}`,
    ),
    ...deadLetters.map(
      ({ rule, since, givenUpAt, error }) =>
        `a message of "${rule}" since ${since} was given up at ${givenUpAt}: ${error}`,
    ),
    ...(heldBack === undefined ? [] : [`${counted(heldBack, "record")} held back by the budget`]),
    ...(lost === undefined ? [] : [`${counted(lost, "record")} lost`]),
  ];
}

export function pageSilences(silences: readonly SilenceReport[]): readonly PageSilence[] {
  return silences.slice(0, MOST_SILENCES).map(({ id, state, matchers, startsAt, endsAt, author, comment }) => ({
    ...{ id, state, matchers: shown(matchers.join(", ")), author: shown(author), comment: shown(comment) },
    ...{ startsAtUnixMs: Date.parse(startsAt), endsAtUnixMs: Date.parse(endsAt) },
  }));
}

/** Returns the mistakes in files, each with its code frame. */
export function pageProblems(problems: readonly Diagnostic[]): readonly PageProblem[] {
  return problems.slice(0, MOST_PROBLEMS).map((problem, index) => {
    const { span, code, severity, message, help } = problem;
    const { line, column } = positionAt(span.source, span.start);
    const place = `${span.source.path}:${line}:${column}`;
    return {
      id: hash("sha256", `${place}\0${code}\0${message}\0${index}`, "hex").slice(0, 16),
      place: shown(place),
      severity,
      message: shown(`${message} [${code}]`),
      frame: codeFrame(span),
      help: shown(help ?? ""),
    };
  });
}
