import { isDaemonNotice } from "../notify/notices/daemon-notice-names.ts";
import type { PipelineChanges } from "../notify/stages/pipeline-changes.ts";
import type { OpenAlert, PipelineState } from "../notify/stages/pipeline-state.ts";
import type { Encoded } from "../evaluate/saved/json-values.ts";
import { restoreAlert, saveAlert } from "../notify/stages/saved-pipeline.ts";
import type { Logger } from "../service/logger.ts";
import { type DocumentKind, documentKind } from "../store/document-kind.ts";
import type { Store } from "../store/store.ts";
import type { SavingFaults } from "./saving-faults.ts";

/** by the alert's id */
export const OPEN_ALERT: DocumentKind<Encoded> = { ...documentKind("pipeline-alert", 1), isReadOnce: true };

/** The alerts of the pipeline in the store, each a document of its own. */
export class OpenAlerts {
  readonly #store: Store;
  readonly #logger: Logger;
  readonly #faults: SavingFaults;
  /** the ids of the alerts that are written */
  readonly #written = new Set<string>();

  constructor(store: Store, logger: Logger, faults: SavingFaults) {
    this.#store = store;
    this.#logger = logger;
    this.#faults = faults;
  }

  /** Adds the stored alerts to the state, in the order in which they fired. */
  restore({ alerts }: PipelineState): void {
    const restored: OpenAlert[] = [];
    for (const id of this.#store.names(OPEN_ALERT)) {
      this.#written.add(id);
      try {
        const saved = this.#store.get(OPEN_ALERT, id);
        if (saved !== undefined) restored.push(restoreAlert(saved));
      } catch (error) {
        this.#logger.warn({ alert: id, err: error }, "what was kept of an alert cannot be used");
        this.#store.setAside(OPEN_ALERT, id, String(error));
      }
    }
    restored.sort((a, b) => a.event.startsAtUnixMs - b.event.startsAtUnixMs);
    for (const alert of restored) alerts.set(alert.id, alert);
  }

  /**
   * Writes at most `most` of the alerts that changed, and all that messages contain. In a burst,
   * alerts that nobody was notified of yet wait until somebody is: the state of their rule records
   * that they fire, too.
   */
  write({ alerts }: PipelineState, changes: PipelineChanges, most: number): void {
    const mayWait = (id: string): boolean => !this.#written.has(id) && isNews(alerts.get(id));
    for (const id of changes.take(most, mayWait))
      this.#faults.guard({ alert: id }, () => this.#write(id, alerts.get(id)));
  }

  #write(id: string, alert: OpenAlert | undefined): void {
    if (alert !== undefined) {
      this.#store.put(OPEN_ALERT, id, saveAlert(alert));
      this.#written.add(id);
    } else if (this.#written.delete(id)) this.#store.remove(OPEN_ALERT, id);
  }

  /** Forgets which alerts are written, since the store has lost them. */
  renew(): void {
    this.#written.clear();
  }
}

/** True if an alert fires and nothing has come of that yet. */
function isNews(alert: OpenAlert | undefined): boolean {
  if (alert === undefined || isDaemonNotice(alert.event.rule)) return false;
  const { event, earlier, notified, toNotify, endNotified, suppressed } = alert;
  const isUntouched = notified.size + toNotify.size + endNotified.size + suppressed.size === 0;
  return isUntouched && event.status === "firing" && earlier === undefined;
}
