import { ALERT_EVENT, LABELS, LEVEL } from "../../evaluate/saved/saved-shapes.ts";
import {
  list,
  mapOf,
  number,
  object,
  optional,
  readonlyMapOf,
  readonlyTexts,
  type Shape,
  text,
  texts,
  unixTime,
} from "../../evaluate/saved/shape.ts";
import type { Bucket, BudgetState } from "./budget.ts";
import type { Earlier, Group, LastNotification, OpenAlert, PipelineState } from "./pipeline-state.ts";

const LAST_NOTIFICATION: Shape<LastNotification> = object<LastNotification>({
  group: text,
  level: LEVEL,
  routedLevel: LEVEL,
});
const EARLIER: Shape<Earlier> = object<Earlier>({ times: number, sinceUnixMs: unixTime });

/** An alert of the pipeline, as it must be once it was read. */
export const OPEN_ALERT_SHAPE: Shape<OpenAlert> = object<OpenAlert>({
  ...{ id: text, rule: text, event: ALERT_EVENT, peak: LEVEL, earlier: optional(EARLIER), ruleActions: list(text) },
  ...{ notThrough: optional(text), routed: list(text), notified: readonlyMapOf(LAST_NOTIFICATION) },
  ...{ toNotify: readonlyMapOf(text), endNotified: readonlyTexts, suppressed: readonlyMapOf(text) },
});

const GROUP: Shape<Group> = object<Group>({
  ...{ key: text, routeKey: text, labels: LABELS, members: texts, dueMs: number, openedAtUnixMs: unixTime },
  notifiedAtMs: mapOf(number),
});

const BUCKET: Shape<Bucket> = object<Bucket>({ used: number, atMs: number });

const BUDGET: Shape<BudgetState> = object<BudgetState>({
  ...{ rules: mapOf(BUCKET), actions: mapOf(mapOf(BUCKET)), suppressed: mapOf(mapOf(number)) },
});

/** The memory of the pipeline, as it must be once it was read. */
export const PIPELINE_SHAPE: Shape<PipelineState> = object<PipelineState>({
  ...{ alerts: mapOf(OPEN_ALERT_SHAPE), groups: mapOf(GROUP), budget: BUDGET },
  settingsLabels: optional(LABELS),
});
