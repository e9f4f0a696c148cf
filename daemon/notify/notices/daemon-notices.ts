import type { Alerting } from "../alerting.ts";
import { type DaemonNoticeName, isDaemonNotice } from "./daemon-notice-names.ts";
import type { AlertEvent, Confidence } from "../../evaluate/alerts/alert.ts";
import { fingerprint, type Labels } from "../stages/alert-labels.ts";
import type { Level } from "../../rules/rule-syntax.ts";
import type { Clock } from "../../service/clock.ts";
import type { Logger } from "../../service/logger.ts";

export interface DaemonNotice {
  readonly alertname: DaemonNoticeName;
  /** distinguish the notices of one name */
  readonly labels: Labels;
  readonly level: Level;
  /** what happened, to what, and what to do, in words */
  readonly reason: string;
  /** the action that must not carry it, because the notice says that this action fails */
  readonly notThrough?: string;
}

export interface DaemonNoticesOptions {
  readonly alerting: Pick<Alerting, "alerts" | "state">;
  readonly clock: Pick<Clock, "unixMs">;
  readonly logger: Logger;
}

interface RaisedNotice {
  readonly notice: DaemonNotice;
  readonly startsAtUnixMs: number;
  /** true if this process raised it, and not only an earlier one */
  readonly isConfirmed: boolean;
}

/**
 * The alerts that the daemon raises about itself. They go through routes, silences and groups as
 * all alerts do. Each is also logged, in case no action can carry it. A notice of an earlier
 * process fires on until it is cleared, or until `settle` finds that its cause is gone: if its
 * cause is still there after a restart, it is not sent again.
 */
export class DaemonNotices {
  readonly #options: DaemonNoticesOptions;
  readonly #raised = new Map<string, RaisedNotice>();
  #isOpen = false;

  constructor(options: DaemonNoticesOptions) {
    this.#options = options;
  }

  /** The notices that fire, the oldest first. */
  get list(): readonly (DaemonNotice & { readonly startsAtUnixMs: number })[] {
    return [...this.#raised.values()].map(({ notice, startsAtUnixMs }) => ({ ...notice, startsAtUnixMs }));
  }

  /**
   * Takes up the notices of an earlier process, once the pipeline knows them. Notices that were
   * raised before go out from here on.
   */
  open(): void {
    const known = [...this.#options.alerting.state.alerts.values()];
    const own = known.filter(({ event: { rule, status } }) => isDaemonNotice(rule) && status === "firing");
    for (const { event, notThrough } of own) {
      const notice = noticeOf(event, notThrough);
      const key = keyOf(notice.alertname, notice.labels);
      const raised = this.#raised.get(key);
      this.#raised.set(key, {
        notice: raised?.notice ?? notice,
        startsAtUnixMs: event.startsAtUnixMs,
        isConfirmed: raised !== undefined,
      });
    }
    this.#isOpen = true;
    for (const { notice, startsAtUnixMs, isConfirmed } of this.#raised.values())
      if (isConfirmed) this.#send(notice, startsAtUnixMs);
  }

  /**
   * Raises the notice. If it fires already, it has the new reason from now on, and is sent again
   * only if its level changed.
   */
  raise(notice: DaemonNotice): void {
    const key = keyOf(notice.alertname, notice.labels);
    const before = this.#raised.get(key);
    const startsAtUnixMs = before?.startsAtUnixMs ?? this.#options.clock.unixMs();
    this.#raised.set(key, { notice, startsAtUnixMs, isConfirmed: true });
    if (before?.isConfirmed === true && isSame(before.notice, notice)) return;
    const { alertname, labels, reason } = notice;
    this.#options.logger.warn({ ...labels, notice: alertname }, reason);
    this.#send(notice, startsAtUnixMs);
  }

  /** Ends the notice if it fires; else nothing happens. */
  clear(alertname: DaemonNoticeName, labels: Labels, reason: string): void {
    const key = keyOf(alertname, labels);
    const raised = this.#raised.get(key);
    if (raised === undefined) return;
    this.#raised.delete(key);
    this.#options.logger.info({ ...labels, notice: alertname }, `ended: ${reason}`);
    this.#send(raised.notice, raised.startsAtUnixMs, { reason, isForNotifiedOnly: !raised.isConfirmed });
  }

  /**
   * Ends notices that only an earlier process raised: if their cause were still there, they would
   * have been raised again.
   */
  settle(alertnames: readonly DaemonNoticeName[], reason: string): void {
    for (const { notice, isConfirmed } of [...this.#raised.values()])
      if (!isConfirmed && alertnames.includes(notice.alertname)) this.clear(notice.alertname, notice.labels, reason);
  }

  /** Makes these the only notices of their name: others end with `reason`. */
  set(alertname: DaemonNoticeName, notices: readonly Omit<DaemonNotice, "alertname">[], reason: string): void {
    const now = new Set(notices.map(({ labels }) => keyOf(alertname, labels)));
    for (const [key, { notice }] of [...this.#raised])
      if (notice.alertname === alertname && !now.has(key)) this.clear(alertname, notice.labels, reason);
    for (const notice of notices) this.raise({ ...notice, alertname });
  }

  /**
   * Sends the start or the end of a notice. An end that came while no daemon ran goes only to
   * receivers that got the start.
   */
  #send(
    notice: DaemonNotice,
    startsAtUnixMs: number,
    ended?: { readonly reason: string; readonly isForNotifiedOnly: boolean },
  ): void {
    if (!this.#isOpen) return;
    const { alertname, labels, notThrough } = notice;
    const { alerting, clock } = this.#options;
    const event = noticeEvent(notice, startsAtUnixMs);
    const end = ended === undefined ? {} : endOf(notice, ended.reason, clock.unixMs());
    alerting.alerts({
      rule: labels["rule"] ?? alertname,
      ruleActions: [],
      items: [{ ...event, ...end }],
      ...(notThrough !== undefined && { notThrough }),
      ...(ended !== undefined && { isForNotifiedOnly: ended.isForNotifiedOnly }),
    });
  }
}

/** The confidence of notices, which count nothing that could be lost. */
const CONFIDENCE: Confidence = {
  lostEvents: 0,
  keysOverLimit: 0,
  faultedReads: 0,
  orphanedSpans: 0,
  skippedRuns: 0,
  lateTicks: 0,
  windowFilled: 1,
};

function noticeEvent({ alertname, labels, level, reason }: DaemonNotice, startsAtUnixMs: number): AlertEvent {
  const base = { rule: alertname, labels, level, reason, startsAtUnixMs, windowMs: 0, values: {} };
  return { ...base, status: "firing", summary: summaryOf(labels, reason), confidence: CONFIDENCE };
}

type End = Pick<AlertEvent, "status" | "reason" | "summary" | "endsAtUnixMs">;

function endOf({ labels }: DaemonNotice, reason: string, endsAtUnixMs: number): End {
  return { status: "resolved", reason, summary: summaryOf(labels, reason), endsAtUnixMs };
}

function summaryOf(labels: Labels, reason: string): string {
  const about = Object.values(labels).join(", ");
  return about === "" ? reason : `${about}: ${reason}`;
}

function noticeOf({ rule, labels, level, reason }: AlertEvent, notThrough: string | undefined): DaemonNotice {
  const alertname = rule as DaemonNoticeName;
  return { alertname, labels, level, reason, ...(notThrough !== undefined && { notThrough }) };
}

function keyOf(alertname: string, labels: Labels): string {
  return fingerprint({ ...labels, alertname });
}

function isSame(one: DaemonNotice, other: DaemonNotice): boolean {
  return one.reason === other.reason && one.level === other.level && one.notThrough === other.notThrough;
}
