import type { Logger } from "pino";
import { allowsColor } from "../service/wants-color.ts";
import type { Clock } from "../service/clock.ts";
import { resolveSecret } from "../settings/values/secret.ts";
import type { EventValue } from "../sample/sample.ts";
import type { ActionSettings, Settings } from "../settings/settings.ts";
import { OpenLogs, type LogStanding } from "./open-logs.ts";
import type { Delivery, EventsContent, Outcome } from "./queue/delivery.ts";
import type { ReceiverContext } from "./deliver/receiver-delivery.ts";
import { attempt, takeRecords } from "./attempt.ts";
import { receiverOf } from "../receivers/receivers.ts";
import type { LogSettings } from "../receivers/log-settings.ts";
import { openStandardOutput } from "./standard-output.ts";

/** The time for waiting lines of logs at the end: a disk that hangs is not waited for. */
const LOG_DEADLINE_MS = 3000;

/** Returns the log that an action keeps open; undefined for other actions. */
const logOf = (action: ActionSettings): LogSettings | undefined => receiverOf(action).logOf?.(action);

export interface ReceiversHost {
  /** the name of the daemon for receivers, such as `bpfwarden/1.2.3` */
  readonly userAgent: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: Settings;
}

/** The receivers as the settings describe them, with the open logs. */
export class OpenReceivers {
  readonly #userAgent: string;
  readonly #clock: Clock;
  readonly #isTerminal: boolean;
  readonly #logs: OpenLogs;
  #settings: Settings;

  constructor({ userAgent, clock, logger, settings }: ReceiversHost) {
    this.#userAgent = userAgent;
    this.#clock = clock;
    this.#settings = settings;
    const standardOutput = openStandardOutput(logger);
    this.#isTerminal = standardOutput.isTerminal;
    this.#logs = new OpenLogs({
      ...{ clock, logger, standardOutput, labels: () => this.#settings.labels },
      stateDir: () => this.#settings.stateDir,
    });
    this.reopenLogs();
  }

  /** Writes a line about the daemon to each sealed log. */
  noteInLogs(event: string, fields: Readonly<Record<string, EventValue>>): void {
    this.#logs.note(event, fields);
  }

  use(settings: Settings): void {
    this.#settings = settings;
    this.reopenLogs();
  }

  /** Makes one attempt at a delivery. Never rejects. */
  async attempt(delivery: Delivery, signal: AbortSignal): Promise<Outcome> {
    return attempt(delivery, this.#context, signal);
  }

  /**
   * Gives records to an action whose receiver takes them into memory of its own. Returns true if it
   * does; other receivers get messages.
   */
  takeRecords(action: ActionSettings, content: EventsContent): boolean {
    return takeRecords({ action, content }, this.#context);
  }

  /** Says that records of a rule were lost on the way into a log, if no line says it yet. */
  lossOf(rule: string): string | undefined {
    return this.#logs.lossOf(rule);
  }

  /** Opens logs anew: logrotate may have moved them. */
  reopenLogs(): void {
    this.#logs.reopen([...this.#settings.actions.values()].flatMap((action) => logOf(action) ?? []));
  }

  /** Returns the standing of an action's log; undefined for other actions. */
  logStanding(action: ActionSettings): LogStanding | undefined {
    const log = logOf(action);
    return log && this.#logs.standing(log);
  }

  /** Writes the lines that wait for logs. */
  async close(): Promise<void> {
    this.#logs.note("the daemon stopped", { pid: process.pid });
    await this.#logs.close(LOG_DEADLINE_MS);
  }

  get #context(): ReceiverContext {
    const { labels, smtp } = this.#settings;
    return {
      labels,
      smtp,
      userAgent: this.#userAgent,
      openLog: (log) => this.#logs.of(log),
      checkpoints: this.#logs.checkpoints,
      isTerminal: this.#isTerminal,
      hasColors: allowsColor(process.env),
      readSecret: (secret) => resolveSecret(secret),
      nowUnixMs: () => this.#clock.unixMs(),
    };
  }
}
