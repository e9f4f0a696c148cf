import type { EventRecord } from "../sample/sample.ts";
import { ApiError } from "./api-error.ts";
import { recordMarks } from "../notify/message/record-marks.ts";
import { timeText, timeTextNs } from "../text/time-text.ts";
import type { AlertingFollower } from "../notify/alerting.ts";
import type { AlertChange } from "../notify/stages/pipeline-options.ts";
import type { OpenAlert } from "../notify/stages/pipeline-state.ts";
import type { RuleRecords } from "../notify/record-notifier.ts";
import type { Clock } from "../service/clock.ts";
import { jsonLine } from "../text/json-line.ts";

/** The most followers at a time. */
const MOST = 16;
/** The most bytes that wait for one follower. */
const BACKLOG_BYTES = 256 * 1024;
/** The most lines a second: making them takes time of the thread that ticks. */
const LINES_A_SECOND = 2000;
const SECOND_MS = 1000;

/** The stream to a follower, such as an answer over HTTP. */
export interface FollowerStream {
  /** the bytes that wait for the reader */
  readonly writableLength: number;
  write(text: string): unknown;
  end(text: string): unknown;
}

interface Follower {
  readonly stream: FollowerStream;
  /** empty for all */
  readonly rules: ReadonlySet<string>;
  /** lines that it did not get since the last one that it got */
  dropped: number;
}

/**
 * Programs that follow records and changes of alerts as they come. A follower that reads too slowly
 * loses lines, and gets their number: nothing waits for it.
 */
export class Followers implements AlertingFollower {
  readonly #clock: Pick<Clock, "bootMs" | "unixMs">;
  readonly #followers = new Set<Follower>();
  #second = { fromMs: -Infinity, lines: 0 };
  #isClosed = false;

  constructor(clock: Pick<Clock, "bootMs" | "unixMs">) {
    this.#clock = clock;
  }

  /** Throws ApiError if there is no room for another follower. */
  assertRoom(): void {
    if (this.#isClosed) throw new ApiError(503, "the daemon is stopping");
    if (this.#followers.size >= MOST) throw new ApiError(503, `expected at most ${MOST} followers, found one more`);
  }

  /**
   * Sends lines to a stream from now on. Returns a function that ends this.
   *
   * @param rules the rules to follow; all if there are none
   */
  add(stream: FollowerStream, rules: readonly string[]): () => void {
    const follower = { stream, rules: new Set(rules), dropped: 0 };
    this.#followers.add(follower);
    stream.write(lineOf({ kind: "start", rules }));
    return () => this.#followers.delete(follower);
  }

  records({ rule, items }: Pick<RuleRecords, "rule" | "items">): void {
    for (const record of items) this.#send([rule], () => recordLine(record));
  }

  changed(alert: OpenAlert, change: AlertChange): void {
    if (change === "same") return;
    this.#send([alert.rule, alert.event.rule], () => alertLine(alert, change, this.#clock.unixMs()));
  }

  /** Reports to each follower how many lines it lost. */
  step(): void {
    for (const follower of this.#followers) if (hasRoom(follower)) reportDropped(follower);
  }

  /** Ends all followers. */
  close(): void {
    this.#isClosed = true;
    for (const follower of this.#followers) {
      reportDropped(follower);
      follower.stream.end(lineOf({ kind: "end", reason: "the daemon is stopping" }));
    }
    this.#followers.clear();
  }

  /** Makes the line only if somebody follows one of these rules, and once for all who do. */
  #send(rules: readonly string[], make: () => string): void {
    let line: string | undefined;
    for (const follower of this.#followers) {
      if (follower.rules.size > 0 && !rules.some((rule) => follower.rules.has(rule))) continue;
      if (!hasRoom(follower) || (line === undefined && !this.#mayMakeLine())) {
        follower.dropped++;
        continue;
      }
      line ??= make();
      reportDropped(follower);
      follower.stream.write(line);
    }
  }

  #mayMakeLine(): boolean {
    const nowMs = this.#clock.bootMs();
    if (nowMs - this.#second.fromMs >= SECOND_MS) this.#second = { fromMs: nowMs, lines: 0 };
    return ++this.#second.lines <= LINES_A_SECOND;
  }
}

const hasRoom = ({ stream }: Follower): boolean => stream.writableLength < BACKLOG_BYTES;

function reportDropped(follower: Follower): void {
  if (follower.dropped === 0) return;
  follower.stream.write(lineOf({ kind: "dropped", count: follower.dropped }));
  follower.dropped = 0;
}

const lineOf = (value: object): string => `${jsonLine(value)}\n`;

function recordLine(record: EventRecord): string {
  const { rule, timeNs, fields } = record;
  return lineOf({ kind: "record", at: timeTextNs(timeNs), rule, fields, ...recordMarks(record) });
}

function alertLine({ rule, event }: OpenAlert, change: AlertChange, atUnixMs: number): string {
  const { rule: alertname, labels, level, reason, summary } = event;
  return lineOf({ kind: "alert", at: timeText(atUnixMs), change, alertname, rule, labels, level, reason, summary });
}
