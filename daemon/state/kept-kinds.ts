import type { Encoded } from "../evaluate/saved/json-values.ts";
import type { SavedAlerts } from "../evaluate/saved/saved-alerts.ts";
import { MOMENT } from "../evaluate/saved/saved-shapes.ts";
import type { SavedWindows } from "../evaluate/saved/saved-windows.ts";
import { anything, faultFinder, object, oneOf, record, type Shape, text } from "../evaluate/saved/shape.ts";
import type { SavedPipeline } from "../notify/stages/saved-pipeline.ts";
import { SENT_MESSAGE } from "../notify/queue/sent-messages.ts";
import { type DocumentKind, documentKind } from "../store/document-kind.ts";
import { OPEN_ALERT } from "./open-alerts.ts";
import { furtherKind, type OfRule } from "./rule-documents.ts";

const SAVED_ALERTS = object<OfRule<SavedAlerts>>({
  meaning: text,
  saved: object<SavedAlerts>({ at: MOMENT, alerts: anything as Shape<Encoded> }),
});
const SAVED_WINDOWS = object<OfRule<SavedWindows>>({
  meaning: text,
  saved: object<SavedWindows>({ at: MOMENT, windows: anything as Shape<Encoded> }),
});
const SAVED_PIPELINE = object<SavedPipeline>({ version: oneOf(1), savedAt: MOMENT, state: anything as Shape<Encoded> });

export const ALERTS = documentKind<OfRule<SavedAlerts>>("rule-alerts", 1, faultFinder(SAVED_ALERTS));
export const WINDOWS: DocumentKind<OfRule<SavedWindows>> = {
  ...documentKind("rule-windows", 1, faultFinder(SAVED_WINDOWS)),
  isReadOnce: true,
  mayWait: true,
};
export const PIPELINE = documentKind<SavedPipeline>("pipeline", 1, faultFinder(SAVED_PIPELINE));
export const THE_PIPELINE = "pipeline";
/** the file of each rule, by the rule's name */
export const RUNNING = documentKind<Readonly<Record<string, string>>>("running-rules", 1, faultFinder(record(text)));
export const THE_RUNNING = "rules";

/** The kinds of documents that the store reads at the start, the smallest first. */
export const KEPT_KINDS: readonly DocumentKind<unknown>[] = [
  ...[RUNNING, SENT_MESSAGE, PIPELINE, OPEN_ALERT],
  ...[ALERTS, furtherKind(ALERTS), WINDOWS, furtherKind(WINDOWS)],
];
