import { EventLog } from "../audit/event-log.ts";
import { SealedLog } from "../audit/sealed-log.ts";
import { LineBuffer } from "../audit/line-buffer.ts";
import type { LineSink } from "../audit/line-sink.ts";
import type { Loss } from "../audit/losses.ts";
import { takeTurns, type Turns } from "../audit/turns.ts";
import { eventLine } from "../receivers/log/log-line.ts";
import { timeText } from "../text/time-text.ts";
import type { LogSettings } from "../receivers/log-settings.ts";
import type { EventValue } from "../sample/sample.ts";
import { openSealedLog, type SealHost } from "./open-sealed-log.ts";
import type { StandardOutput } from "./standard-output.ts";

/**
 * The most that lines waiting for one log may take: a second of a flood, or some minutes of normal
 * lines.
 */
const MAX_WAITING_BYTES = 8 << 20;
const RETRY_MS = 1000;
/**
 * The least time between two reports of a file that cannot be rotated. It is tried again with each
 * write.
 */
const ROTATION_ERROR_EVERY_MS = 600_000;
/**
 * Logs that are written at the same time. Node has four threads for files, name look-ups and waits.
 */
const WRITES_AT_ONCE = 2;

export interface LogsHost extends SealHost {
  readonly standardOutput: StandardOutput;
}

export interface LogStanding {
  /** records since the start */
  readonly written: number;
  /** records that could not be written, since the start */
  readonly lost: number;
  readonly trouble?: string;
}

interface OpenLog {
  readonly settings: LogSettings;
  readonly buffer: LineBuffer;
  /** returns the newest checkpoint; absent if the log is not sealed */
  readonly checkpoint?: () => string | undefined;
}

/** The rule of lines that are about the log itself, and about the daemon. */
const OWN_RULE = "bpfwarden";

/** The logs that actions write to, by their paths; "-" is standard output. */
export class OpenLogs {
  readonly #host: LogsHost;
  readonly #turns: Turns = takeTurns(WRITES_AT_ONCE);
  readonly #logs = new Map<string, OpenLog>();
  /** the keys of the logs that actions name */
  #used: ReadonlySet<string> = new Set();
  /** the logs that actions name */
  #named: readonly LogSettings[] = [];

  constructor(host: LogsHost) {
    this.#host = host;
  }

  /**
   * Returns the log of a path, the same one every time. With other limits it is another log, which
   * goes on in the same file.
   */
  of(settings: LogSettings): LineBuffer {
    return this.#logs.getOrInsertComputed(keyOf(settings), () => this.#open(settings)).buffer;
  }

  /**
   * Writes a line about the daemon to each sealed log that actions name: an auditor must see when
   * nobody recorded.
   */
  note(event: string, fields: Readonly<Record<string, EventValue>>): void {
    for (const settings of this.#named) {
      if (settings.seal === undefined) continue;
      const line = this.#noteLine(event, fields);
      this.of(settings).add(OWN_RULE, 1, () => [line]);
    }
  }

  /** the newest checkpoints of the sealed logs that are open */
  get checkpoints(): readonly string[] {
    return [...this.#logs.values()].flatMap(({ checkpoint }) => checkpoint?.() ?? []);
  }

  /** Returns the numbers of a log's records, and its trouble. */
  standing(settings: LogSettings): LogStanding {
    const buffer = this.#logs.get(keyOf(settings))?.buffer;
    const trouble = buffer?.trouble?.message;
    return { written: buffer?.written ?? 0, lost: buffer?.lost ?? 0, ...(trouble !== undefined && { trouble }) };
  }

  /** Says that a rule lost records in one of the logs, if no line says it yet. */
  lossOf(rule: string): string | undefined {
    for (const { settings, buffer } of this.#logs.values()) {
      const loss = buffer.lossOf(rule);
      if (loss === undefined) continue;
      // The words stay the same while it lasts: each change would be news.
      const why = buffer.trouble?.message ?? "it takes lines too slowly";
      return `records are lost since ${timeText(loss.sinceUnixMs)}, which ${nameOf(settings)} has no room for: ${why}`;
    }
    return undefined;
  }

  /**
   * Opens the files again with their next lines. Forgets the logs that actions no longer name, once
   * their waiting lines are written.
   *
   * @param used the logs that actions name
   */
  reopen(used: readonly LogSettings[]): void {
    this.#noteUnsealed(used);
    this.#used = new Set(used.map(keyOf));
    this.#named = [...new Map(used.map((settings) => [keyOf(settings), settings])).values()];
    for (const [key, log] of this.#logs) void this.#release(key, log);
  }

  /** Writes into logs that are not sealed from now on that their seal ends. */
  #noteUnsealed(used: readonly LogSettings[]): void {
    const sealed = new Set(used.flatMap(({ path, seal }) => (seal === undefined ? [] : [path])));
    for (const { settings, buffer } of this.#logs.values())
      if (settings.seal !== undefined && this.#used.has(keyOf(settings)) && !sealed.has(settings.path))
        buffer.add(OWN_RULE, 1, () => [this.#noteLine("the seal ends", {})]);
  }

  #noteLine(event: string, fields: Readonly<Record<string, EventValue>>): string {
    const record = { rule: OWN_RULE, timeNs: this.#host.clock.unixNs(), fields: { event, ...fields }, truncated: [] };
    return eventLine(record, this.#host.labels());
  }

  /**
   * Releases the file of a log once its waiting lines are written. Forgets the log, unless an
   * action names it by then.
   */
  async #release(key: string, { buffer }: OpenLog): Promise<void> {
    await buffer.release();
    if (!this.#used.has(key)) this.#logs.delete(key);
  }

  /** Writes the waiting lines, for at most `deadlineMs`, and logs how many are lost. */
  async close(deadlineMs: number): Promise<void> {
    await Promise.all(
      Array.from(this.#logs.values(), async ({ settings, buffer }) => {
        const lost = await buffer.close(deadlineMs);
        if (lost > 0)
          this.#host.logger.error({ log: nameOf(settings), lost }, "records could not be written: they are lost");
      }),
    );
    this.#logs.clear();
  }

  #open(settings: LogSettings): OpenLog {
    const { clock, logger } = this.#host;
    const log = nameOf(settings);
    const file = settings.path === "-" ? undefined : this.#fileOf(settings);
    const sink = file === undefined ? this.#host.standardOutput : this.#taken(file);
    const buffer = new LineBuffer({
      sink,
      maxBytes: MAX_WAITING_BYTES,
      retryMs: RETRY_MS,
      nowUnixMs: () => clock.unixMs(),
      lossLine: (loss) => this.#lossLine(loss),
      onTrouble: (error) =>
        logger.error(
          { err: error, log },
          "the log cannot be written: lines wait in memory; beyond its limit they are dropped and counted",
        ),
      onRecovery: (lost) => logger.warn({ log, lost }, "the log is written again"),
    });
    return { settings, buffer, ...(file instanceof SealedLog && { checkpoint: () => file.checkpoint }) };
  }

  #fileOf(settings: LogSettings): EventLog | SealedLog {
    const { clock, logger } = this.#host;
    let saidAtMs = -Infinity;
    const onRotationError = (error: unknown): void => {
      if (clock.bootMs() - saidAtMs < ROTATION_ERROR_EVERY_MS) return;
      saidAtMs = clock.bootMs();
      logger.error({ err: error, log: settings.path }, "the log cannot be rotated: it grows beyond its limit");
    };
    const { seal } = settings;
    return seal === undefined
      ? new EventLog({ ...settings, onRotationError })
      : openSealedLog({ ...settings, onRotationError }, seal, this.#host);
  }

  /** Writes to a file when it is its turn. */
  #taken(file: EventLog | SealedLog): LineSink {
    return { write: async (lines) => this.#turns(async () => file.write(lines)), release: async () => file.release() };
  }

  /** Returns a line about lost records: a record of its own, as for records that the ring lost. */
  #lossLine({ rule, count, sinceUnixMs }: Loss): string {
    const fields = { lost_events: count, lost_since: timeText(sinceUnixMs) };
    return eventLine({ rule, timeNs: this.#host.clock.unixNs(), fields, truncated: [] }, this.#host.labels());
  }
}

function keyOf({ path, maxBytes, keep, seal }: LogSettings): string {
  return JSON.stringify(path === "-" ? [path] : [path, maxBytes, keep, seal]);
}

function nameOf({ path }: LogSettings): string {
  return path === "-" ? "standard output" : `"${path}"`;
}
