import { createRuleState, type RulePlan, type RuleState } from "./evaluate/rule-state.ts";
import { restoreAlerts, saveAlerts, type SavedAlerts } from "./evaluate/saved-alerts.ts";
import type { SavedMoment } from "./evaluate/saved-moment.ts";
import { restoreWindows, saveWindows, type SavedWindows } from "./evaluate/saved-windows.ts";
import type { PipelineState } from "./notify/pipeline-state.ts";
import { restorePipeline, savePipeline, type SavedPipeline } from "./notify/saved-pipeline.ts";
import type { RuleIdentity } from "./reload-plan.ts";
import type { Clock } from "./service/clock.ts";
import type { Logger } from "./service/logger.ts";
import { documentKind } from "./store/document-kind.ts";
import type { Store } from "./store/store.ts";

/** `meaning` is that of the rule it was of: of another one it is of no use. */
const ALERTS = documentKind<{ readonly meaning: string; readonly saved: SavedAlerts }>("rule-alerts", 1);
const WINDOWS = documentKind<{ readonly meaning: string; readonly saved: SavedWindows }>("rule-windows", 1);
const PIPELINE = documentKind<SavedPipeline>("pipeline", 1);
const THE_PIPELINE = "pipeline";

/** Counts of rules of which nothing is pending or fires are written this seldom. */
const QUIET_MS = 10_000;
/** Writing counts may take this part of the time. */
const SHARE = 0.02;

export interface KeptRule {
  readonly name: string;
  readonly identity: RuleIdentity;
  readonly state: RuleState;
}

export interface StateKeeperOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly bootId: string;
  readonly logger: Logger;
}

/** Keeps what must survive a restart, and gives it back. */
export class StateKeeper {
  readonly #options: StateKeeperOptions;
  /** by rule: what was written last of its alerts */
  readonly #alerts = new Map<string, string>();
  #pipeline = "";
  #quietAtMs = 0;
  #busyUntilMs = 0;

  constructor(options: StateKeeperOptions) {
    this.#options = options;
  }

  /** What an earlier process knew of a rule that judges the same. */
  remember(plan: RulePlan, { meaning }: RuleIdentity): RuleState | undefined {
    const { store, logger } = this.#options;
    const rule = plan.rule.name.text;
    const [alerts, windows] = [store.get(ALERTS, rule), store.get(WINDOWS, rule)];
    if (alerts === undefined && windows === undefined) return undefined;
    if ((alerts ?? windows)?.meaning !== meaning) {
      logger.info({ rule }, "the rule judges otherwise than before: its state begins anew");
      return undefined;
    }
    try {
      const state = createRuleState(plan);
      const now = this.#moment();
      if (windows?.meaning === meaning) restoreWindows(state, windows.saved, now);
      const seenAt = windows?.saved.at ?? alerts?.saved.at;
      if (alerts !== undefined) restoreAlerts(state, alerts.saved, now, seenAt);
      return state;
    } catch (error) {
      logger.warn({ rule, err: error }, "what was kept of the rule cannot be used: its state begins anew");
      return undefined;
    }
  }

  rememberPipeline(): PipelineState | undefined {
    const { store, logger } = this.#options;
    const saved = store.get(PIPELINE, THE_PIPELINE);
    if (saved === undefined) return undefined;
    try {
      return restorePipeline(saved, this.#moment());
    } catch (error) {
      logger.warn({ err: error }, "what was kept of notifications cannot be used");
      return undefined;
    }
  }

  /** After each tick: writes what changed. Counts are written as seldom as keeps it from taking the daemon's time. */
  keep(rules: readonly KeptRule[], pipeline: PipelineState | undefined): void {
    const at = this.#moment();
    const isQuietTurn = at.bootMs >= this.#quietAtMs;
    const mayWriteCounts = at.bootMs >= this.#busyUntilMs;
    for (const rule of rules) {
      const isActive = this.#keepAlerts(rule, at);
      if (mayWriteCounts && (isActive || isQuietTurn)) this.#keepWindows(rule, at);
    }
    this.#keepPipeline(pipeline, at);
    this.#options.store.commit();
    if (!mayWriteCounts) return;
    if (isQuietTurn) this.#quietAtMs = at.bootMs + QUIET_MS;
    this.#busyUntilMs = at.bootMs + (this.#options.clock.bootMs() - at.bootMs) / SHARE;
  }

  /** Before the end: everything. */
  close(rules: readonly KeptRule[], pipeline: PipelineState | undefined): void {
    this.#quietAtMs = this.#busyUntilMs = 0;
    this.keep(rules, pipeline);
  }

  /** The rule has ended, or judges otherwise now. */
  forget(rule: string): void {
    const { store } = this.#options;
    this.#alerts.delete(rule);
    store.remove(ALERTS, rule);
    store.remove(WINDOWS, rule);
  }

  /** Gives whether something of it is pending or fires. Reasons, which change each tick, are written with what else has changed. */
  #keepAlerts({ name, identity: { meaning }, state }: KeptRule, at: SavedMoment): boolean {
    const open = [...state.keys.values()].filter(({ alert }) => alert.state !== "ok" || alert.firedAtMs !== undefined);
    const { notices, untrustedAtMs, lostKeysAtMs, toldAtMs } = state;
    const essence = JSON.stringify([
      ...[meaning, String(untrustedAtMs), String(lostKeysAtMs), String(toldAtMs)],
      open.map(({ id, alert: { state: is, heldSinceMs, firing, firedAtMs } }) => [
        id,
        is,
        heldSinceMs,
        firing,
        firedAtMs,
      ]),
      [notices.degraded.firing, notices.noData.firing, notices.noData.heldSinceMs],
    ]);
    if (this.#alerts.get(name) !== essence) {
      this.#alerts.set(name, essence);
      this.#options.store.put(ALERTS, name, { meaning, saved: saveAlerts(state, at) });
    }
    return open.some(({ alert }) => alert.state === "pending" || alert.state === "firing");
  }

  #keepWindows({ name, identity: { meaning }, state }: KeptRule, at: SavedMoment): void {
    this.#options.store.put(WINDOWS, name, { meaning, saved: saveWindows(state, at) });
  }

  #keepPipeline(pipeline: PipelineState | undefined, at: SavedMoment): void {
    if (pipeline === undefined) return;
    const saved = savePipeline(pipeline, at);
    const essence = JSON.stringify(saved.state);
    if (essence === this.#pipeline) return;
    this.#pipeline = essence;
    this.#options.store.put(PIPELINE, THE_PIPELINE, saved);
  }

  #moment(): SavedMoment {
    const { clock, bootId } = this.#options;
    return { bootId, bootMs: clock.bootMs(), unixMs: clock.unixMs() };
  }
}
