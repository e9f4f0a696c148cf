import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { DeliveryLog } from "./delivery-log.ts";
import type { Delivery, Outcome } from "./queue/delivery.ts";
import { Dispatcher, type ReceiverTrouble } from "./queue/dispatcher.ts";
import { openMailTransport } from "./receivers/email/mail-transport.ts";
import { createNotifier, type Notifier } from "./queue/notifier.ts";
import type { EventsContent } from "./queue/delivery.ts";
import type { DeadLetter } from "./queue/outbox.ts";
import type { ReceiverContext } from "./receivers/receiver.ts";
import { attempt, takeRecords } from "./receivers/receivers.ts";
import { OpenLogs, type LogStanding } from "./open-logs.ts";
import { allowsColor } from "../service/wants-color.ts";
import type { Clock } from "../service/clock.ts";
import { resolveSecret } from "../settings/secret.ts";
import type { ActionSettings, Settings } from "../settings/settings.ts";
import { openStandardOutput } from "./standard-output.ts";
import type { Store } from "../store/store.ts";

/** Somebody waits for the answer. */
const DRILL_TIMEOUT_MS = 30_000;
/** What waits for a log at the end; a disk that hangs is not waited for. */
const LOG_DEADLINE_MS = 3000;

export interface NotifierHost {
  /** what the daemon calls itself to receivers, such as `bpfwarden/1.2.3` */
  readonly userAgent: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: Settings;
  /** called when a delivery waits for `keep` and `letGo` */
  readonly onHeld: () => void;
}

/** A notifier that outlives a change of the settings, together with the deliveries that wait in it. */
export interface SettingsNotifier extends Notifier {
  /** One attempt at a delivery, past the queues. */
  attempt(delivery: Delivery): Promise<Outcome>;
  /** Goes on with what an earlier process left in the store, and keeps there what waits. */
  open(store: Store): void;
  /**
   * Has the store hold what waits from its next commit on. Gives the ids of letters to be let go
   * once that commit is on the disk.
   */
  keep(): ReadonlySet<string>;
  /** Has letters tried that waited for that. */
  letGo(ids: ReadonlySet<string>): void;
  /** The store may have forgotten everything. */
  renew(): void;
  /** Letters that were given up, the oldest first. */
  deadLetters(): readonly DeadLetter[];
  /** by the action's name */
  receivers(): ReadonlyMap<string, ReceiverTrouble>;
  /** From now on everything goes where these settings say, also what waits, and at once. */
  use(settings: Settings): void;
  /** Opens logs anew: logrotate may have moved them. */
  reopenLogs(): void;
  /** How the log of an action fares; undefined of other actions. */
  logStanding(action: ActionSettings): LogStanding | undefined;
}

/** Everything between an alert and the outside. */
export function openNotifier(host: NotifierHost): SettingsNotifier {
  const outside = new Outside(host);
  const log = new DeliveryLog(host.logger, () => host.clock.bootMs());
  const dispatcher = new Dispatcher({
    attempt: (delivery, signal) => outside.attempt(delivery, signal),
    report: (report) => log.report(report),
    clock: host.clock,
    random: Math.random,
    sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
    newId: randomUUID,
    onHeld: host.onHeld,
  });
  dispatcher.use(host.settings.actions, host.settings.limits.outboxBytes);
  const notifier = createNotifier({
    dispatcher,
    newId: randomUUID,
    takeRecords: (action, content) => outside.takeRecords(action, content),
    lossOf: (rule) => outside.logs.lossOf(rule),
  });
  return {
    ...notifier,
    attempt: (delivery) => outside.attempt(delivery, AbortSignal.timeout(DRILL_TIMEOUT_MS)),
    open: (store) => dispatcher.open(store),
    keep: () => dispatcher.keep(),
    letGo: (ids) => dispatcher.letGo(ids),
    renew: () => dispatcher.renew(),
    deadLetters: () => dispatcher.deadLetters,
    receivers: () => dispatcher.receivers,
    use(settings) {
      outside.use(settings);
      dispatcher.use(settings.actions, settings.limits.outboxBytes);
    },
    reopenLogs: () => outside.reopenLogs(),
    logStanding: (action) => outside.logStanding(action),
    async close(deadlineMs) {
      const left = await notifier.close(deadlineMs);
      log.close();
      await outside.logs.close(LOG_DEADLINE_MS);
      return left;
    },
  };
}

/** What the settings say of the world outside, and what is open of it. */
class Outside {
  readonly #userAgent: string;
  readonly #clock: Clock;
  readonly #isTerminal: boolean;
  readonly logs: OpenLogs;
  #settings: Settings;

  constructor({ userAgent, clock, logger, settings }: NotifierHost) {
    this.#settings = settings;
    this.#userAgent = userAgent;
    this.#clock = clock;
    const standardOutput = openStandardOutput(logger);
    this.#isTerminal = standardOutput.isTerminal;
    this.logs = new OpenLogs({ clock, logger, standardOutput, labels: () => this.#settings.labels });
  }

  use(settings: Settings): void {
    this.#settings = settings;
    this.reopenLogs();
  }

  async attempt(delivery: Delivery, signal: AbortSignal): ReturnType<typeof attempt> {
    return attempt(this.#redirect(delivery, this.#settings.actions), this.#context(this.#settings), signal);
  }

  /** What logrotate has moved away is let go of. */
  reopenLogs(): void {
    const actions = [...this.#settings.actions.values()];
    this.logs.reopen(actions.filter((action) => action.kind === "log"));
  }

  logStanding(action: ActionSettings): LogStanding | undefined {
    return action.kind === "log" ? this.logs.standing(action) : undefined;
  }

  /** True if the receiver keeps records in memory of its own; then it has them now. */
  takeRecords(action: ActionSettings, content: EventsContent): boolean {
    return takeRecords({ action, content }, this.#context(this.#settings));
  }

  /**
   * An action that changed while the delivery waited is used as it is now; one that is gone, as it
   * was.
   */
  #redirect(delivery: Delivery, actions: ReadonlyMap<string, ActionSettings>): Delivery {
    const action = actions.get(delivery.action.name);
    if (action === undefined || isSame(action, delivery.action)) return delivery;
    return { ...delivery, action };
  }

  #context({ labels, smtp }: Settings): ReceiverContext {
    return {
      labels,
      smtp,
      userAgent: this.#userAgent,
      openMailTransport,
      openLog: (log) => this.logs.of(log),
      isTerminal: this.#isTerminal,
      hasColors: allowsColor(process.env),
      readSecret: (secret) => resolveSecret(secret),
      nowUnixMs: () => this.#clock.unixMs(),
    };
  }
}

/** Whatever their places in the file. */
function isSame({ span: _first, ...one }: ActionSettings, { span: _second, ...other }: ActionSettings): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
