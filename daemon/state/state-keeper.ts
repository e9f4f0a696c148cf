import { alertCounts } from "../evaluate/alerts/alert-counts.ts";
import { createRuleState, type RulePlan, type RuleState } from "../evaluate/rule-state.ts";
import {
  alertsEssence,
  restoreAlerts,
  saveAlertsInParts,
  takeUpAlerts,
  type SavedAlerts,
} from "../evaluate/saved/saved-alerts.ts";
import { errorText } from "../../bpf/source/error-text.ts";
import type { SavedMoment } from "../evaluate/saved/saved-moment.ts";
import { restoreWindows, saveWindowsInParts, type SavedWindows } from "../evaluate/saved/saved-windows.ts";
import type { PipelineChanges } from "../notify/stages/pipeline-changes.ts";
import { emptyPipelineState, type PipelineState } from "../notify/stages/pipeline-state.ts";
import { restorePipeline, saveWithoutAlerts } from "../notify/stages/saved-pipeline.ts";
import type { RuleIdentity } from "../run/reload-plan.ts";
import { ALERTS, PIPELINE, RUNNING, THE_PIPELINE, THE_RUNNING, WINDOWS } from "./kept-kinds.ts";
import { OpenAlerts } from "./open-alerts.ts";
import { type RuleDocument, RuleDocuments } from "./rule-documents.ts";
import { SavingFaults } from "./saving-faults.ts";
import type { Clock } from "../service/clock.ts";
import type { Logger } from "../service/logger.ts";
import type { Store } from "../store/store.ts";

/** The least time between two writes of the counts of rules without pending or firing alerts. */
const QUIET_MS = 10_000;
/**
 * The most alerts of the pipeline that are written after one tick; the others are written after the
 * next ones. A receiver that was notified of an unwritten alert is notified again after a kill.
 */
const ALERTS_AT_ONCE = 4000;
/** Writing counts may take this part of the time. */
const SHARE = 0.02;
/**
 * Writing the alerts of one rule may take this part: those of a hundred thousand keys are written
 * every few seconds, of few each tick.
 */
const ALERTS_SHARE = 0.05;

/**
 * The most keys of a rule in one document: a few hundred kilobytes, which take a few milliseconds
 * to write as JSON.
 */
const KEYS_IN_PART = 2000;

/** The essence of alerts that could not be written. */
const UNWRITTEN = "";

export interface KeptRule {
  readonly name: string;
  readonly identity: RuleIdentity;
  readonly state: RuleState;
}

/** The state of the pipeline, and the changes of it that are still to be written. */
export interface KeptPipeline {
  readonly state: PipelineState;
  readonly changes: PipelineChanges;
}

export interface StateKeeperOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly bootId: string;
  readonly logger: Logger;
  /**
   * Does work on a rule's state piece by piece, while nothing changes that state and others have
   * their turns. If it is not given, the work is done at once.
   */
  readonly whileStill?: (rule: string, pieces: Pieces) => void;
}

type Pieces = Generator<readonly never[], void>;

/** A write of one part of a rule's state, and what follows it. */
interface Writing<Saved extends { readonly at: SavedMoment }> {
  readonly documents: RuleDocuments<Saved>;
  /** called once nothing changes the state */
  readonly parts: () => Iterable<Saved | undefined>;
  /** called with the time that it took, and false if it failed */
  readonly onEnd: (tookMs: number, isWritten: boolean) => void;
}

/** Saves what must survive a restart, and restores it. */
export class StateKeeper {
  readonly #options: StateKeeperOptions;
  readonly #ruleAlerts: RuleDocuments<SavedAlerts>;
  readonly #ruleWindows: RuleDocuments<SavedWindows>;
  /** by rule: the essence of its alerts as last written, and when they may be written again */
  readonly #alerts = new Map<string, { readonly essence: string; nextAtMs: number }>();
  #running: Readonly<Record<string, string>> | undefined;
  /** the revision of the pipeline's state that was written last */
  #pipeline: number | undefined;
  readonly #openAlerts: OpenAlerts;
  readonly #faults: SavingFaults;
  /** the rules with documents of an earlier process */
  #rulesBefore: ReadonlySet<string> | undefined;
  /** true if the state of an earlier process cannot be read yet: nothing may replace it */
  #isLate: boolean;
  #quietAtMs = 0;
  #busyUntilMs = 0;
  /** the rules that are being written a piece at a time */
  readonly #underWay = new Set<string>();
  #isClosing = false;

  constructor(options: StateKeeperOptions) {
    this.#options = options;
    this.#faults = new SavingFaults(options.logger);
    this.#openAlerts = new OpenAlerts(options.store, options.logger, this.#faults);
    this.#ruleAlerts = new RuleDocuments(options.store, ALERTS);
    this.#ruleWindows = new RuleDocuments(options.store, WINDOWS);
    this.#isLate = options.store.trouble !== undefined;
  }

  /** True if the state of an earlier process cannot be read yet. */
  get isLate(): boolean {
    return this.#isLate;
  }

  /**
   * Restores what an earlier process saved of a rule. Returns undefined if nothing is stored, or if
   * the rule judges otherwise now.
   */
  remember(plan: RulePlan, { meaning }: RuleIdentity): RuleState | undefined {
    const rule = plan.rule.name.text;
    const [alerts, windows] = [this.#ruleAlerts.get(rule), this.#ruleWindows.get(rule)];
    const [first] = [...alerts, ...windows];
    if (first === undefined) return undefined;
    if (first.meaning !== meaning) {
      this.#options.logger.info({ rule }, "the rule judges otherwise than before: its state begins anew");
      return undefined;
    }
    const now = this.#moment();
    const seenAt = (windows[0] ?? first).saved.at;
    const state = createRuleState(plan);
    const count = (into: RuleState, saved: SavedWindows): void => restoreWindows(into, saved, now);
    const alert = (into: RuleState, saved: SavedAlerts): void => restoreAlerts(into, saved, now, seenAt);
    for (const { saved } of this.#ofUse(windows, plan, meaning, count)) count(state, saved);
    for (const { saved } of this.#ofUse(alerts, plan, meaning, alert)) alert(state, saved);
    return state;
  }

  /**
   * Returns the documents that fit the rule. One that cannot be restored is set aside. Each is
   * tried on a state of its own, which a failure leaves half restored.
   */
  #ofUse<Saved>(
    documents: readonly RuleDocument<Saved>[],
    plan: RulePlan,
    meaning: string,
    restore: (into: RuleState, saved: Saved) => void,
  ): readonly RuleDocument<Saved>[] {
    return documents.filter((document) => {
      if (document.meaning !== meaning) return false;
      try {
        restore(createRuleState(plan), document.saved);
        return true;
      } catch (error) {
        this.#options.store.setAside(document.kind, document.name, errorText(error));
        return false;
      }
    });
  }

  /**
   * Saves the files of the rules that run, and returns them by rule. Rules that ran before and
   * whose file is broken now are still among them, until the file is whole again.
   *
   * @param isBroken returns true if the content of a file cannot be known
   */
  rememberRunning(rules: readonly KeptRule[], isBroken: (path: string) => boolean): ReadonlyMap<string, string> {
    const { store } = this.#options;
    const before = new Map(Object.entries(store.get(RUNNING, THE_RUNNING) ?? {}));
    const kept = [...before].filter(([, path]) => isBroken(path));
    const now = new Map([...kept, ...rules.map(({ name, identity }) => [name, identity.path] as const)]);
    this.#running = Object.fromEntries(now);
    if (!this.#isLate) store.put(RUNNING, THE_RUNNING, this.#running);
    return now;
  }

  /**
   * Takes up the alerts of an earlier process, which the store could read only now, for rules that
   * judge the same. An alert that already fires here stays as it is.
   */
  takeUp(rules: readonly KeptRule[]): void {
    if (!this.#isLate) return;
    this.#isLate = false;
    this.#rulesBefore = undefined;
    const now = this.#moment();
    this.#ruleAlerts.renew();
    this.#ruleWindows.renew();
    for (const { name, identity, state } of rules) {
      const seenAt = this.#ruleWindows.get(name)[0]?.saved.at;
      const restore = (into: RuleState, saved: SavedAlerts): void => restoreAlerts(into, saved, now, seenAt);
      for (const { saved } of this.#ofUse(this.#ruleAlerts.get(name), state.plan, identity.meaning, restore))
        takeUpAlerts(state, saved, now, seenAt);
    }
  }

  /**
   * Restores the state of the pipeline. Returns undefined if nothing is stored. Open alerts are
   * restored even if what is stored beside them, such as their groups, cannot be read.
   */
  rememberPipeline(): PipelineState | undefined {
    const beside = this.#rememberBesideAlerts();
    const state = beside ?? emptyPipelineState();
    this.#openAlerts.restore(state);
    return beside === undefined && state.alerts.size === 0 ? undefined : state;
  }

  #rememberBesideAlerts(): PipelineState | undefined {
    const { store, logger } = this.#options;
    const saved = store.get(PIPELINE, THE_PIPELINE);
    if (saved === undefined) return undefined;
    try {
      return restorePipeline(saved, this.#moment());
    } catch (error) {
      logger.warn({ err: error }, "what was kept of groups and budgets cannot be used: they begin anew");
      store.setAside(PIPELINE, THE_PIPELINE, errorText(error));
      return undefined;
    }
  }

  /**
   * Writes what changed; to be called after each tick. Messages wait until alerts are on the disk,
   * but not for counts. Counts are written after alerts, and so seldom that it takes little of the
   * daemon's time. Resolves once alerts are on the disk, or could not be written; when the keeper
   * is closed, also counts.
   */
  keep(rules: readonly KeptRule[], pipeline: KeptPipeline, most = ALERTS_AT_ONCE): Promise<void> {
    const { store } = this.#options;
    if (this.#isLate) return store.commit();
    const at = this.#moment();
    const kept = new Map<KeptRule, boolean>();
    for (const rule of rules) this.#faults.guard({ rule: rule.name }, () => kept.set(rule, this.#keepAlerts(rule, at)));
    this.#keepPipeline(pipeline, at, most);
    const written = store.commit();
    if (!this.#keepCounts(kept)) return written;
    const all = store.commit();
    return this.#isClosing ? all : written;
  }

  /**
   * Writes counts if it is time for that. Returns true if it is.
   *
   * @param kept the rules, each with true if an alert of it is pending or fires
   */
  #keepCounts(kept: ReadonlyMap<KeptRule, boolean>): boolean {
    const nowMs = this.#options.clock.bootMs();
    if (nowMs < this.#busyUntilMs) return false;
    const isQuietTurn = nowMs >= this.#quietAtMs;
    for (const [rule, isActive] of kept)
      if (isActive || isQuietTurn) this.#faults.guard({ rule: rule.name }, () => this.#keepWindows(rule));
    if (isQuietTurn) this.#quietAtMs = nowMs + QUIET_MS;
    this.#restAfter(this.#options.clock.bootMs() - nowMs);
    return true;
  }

  #restAfter(tookMs: number): void {
    const nowMs = this.#options.clock.bootMs();
    this.#busyUntilMs = Math.max(this.#busyUntilMs, nowMs - tookMs + tookMs / SHARE);
  }

  /** Writes everything, before the daemon stops. */
  close(rules: readonly KeptRule[], pipeline: KeptPipeline): Promise<void> {
    this.#quietAtMs = this.#busyUntilMs = 0;
    for (const written of this.#alerts.values()) written.nextAtMs = 0;
    this.#isClosing = true;
    return this.keep(rules, pipeline, Infinity);
  }

  /** Makes the next `keep` write everything, since the store has forgotten it. */
  renew(): void {
    this.#isLate = false;
    this.#alerts.clear();
    this.#pipeline = undefined;
    this.#openAlerts.renew();
    this.#quietAtMs = this.#busyUntilMs = 0;
    if (this.#running !== undefined) this.#options.store.put(RUNNING, THE_RUNNING, this.#running);
  }

  /** Removes the documents of a rule that is gone, or that judges otherwise now. */
  forget(rule: string): void {
    this.#alerts.delete(rule);
    this.#ruleAlerts.remove(rule);
    this.#ruleWindows.remove(rule);
  }

  /**
   * Forgets what an earlier process knew of rules that are gone: a rule of the same name that comes
   * later is another one.
   */
  forgetGone(isGone: (rule: string) => boolean): void {
    this.#rulesBefore ??= new Set([...this.#ruleAlerts.rules, ...this.#ruleWindows.rules]);
    const gone = [...this.#rulesBefore].filter(isGone);
    this.#rulesBefore = new Set([...this.#rulesBefore].filter((rule) => !gone.includes(rule)));
    for (const rule of gone) this.forget(rule);
  }

  /**
   * Saves the alerts of a rule. Returns true if one is pending or firing. A reason that changes
   * each tick is written only together with another change.
   */
  #keepAlerts(rule: KeptRule, { bootMs }: SavedMoment): boolean {
    const { name, state } = rule;
    const before = this.#alerts.get(name);
    if (before?.essence !== essenceOf(rule) && bootMs >= (before?.nextAtMs ?? 0)) {
      let essence = "";
      this.#write(rule, {
        documents: this.#ruleAlerts,
        parts: () => {
          essence = essenceOf(rule);
          return saveAlertsInParts(state, this.#moment(), KEYS_IN_PART);
        },
        onEnd: (tookMs, isWritten) => {
          const nextAtMs = this.#options.clock.bootMs() + tookMs / ALERTS_SHARE;
          this.#alerts.set(name, { essence: isWritten ? essence : UNWRITTEN, nextAtMs });
        },
      });
    }
    const { pending, firing } = alertCounts(state);
    return pending + firing > 0;
  }

  #keepWindows(rule: KeptRule): void {
    this.#write(rule, {
      documents: this.#ruleWindows,
      parts: () => saveWindowsInParts(rule.state, this.#moment(), KEYS_IN_PART),
      onEnd: (tookMs) => this.#restAfter(tookMs),
    });
  }

  /**
   * Writes a part of a rule's state. For few keys this happens at once. A large rule is written
   * while nothing changes it, and only one part at a time.
   */
  #write<Saved extends { readonly at: SavedMoment }>(rule: KeptRule, writing: Writing<Saved>): void {
    const { whileStill } = this.#options;
    const isSmall = rule.state.keys.size <= KEYS_IN_PART;
    if (isSmall || this.#isClosing || whileStill === undefined) {
      for (const _ of this.#piecesOf(rule, writing));
    } else if (!this.#underWay.has(rule.name)) {
      this.#underWay.add(rule.name);
      whileStill(rule.name, this.#piecesOf(rule, writing));
    }
  }

  /**
   * Makes the documents piece by piece, and stores them together at the end: the documents of a
   * rule are of one moment.
   */
  *#piecesOf<Saved extends { readonly at: SavedMoment }>(
    { name, identity: { meaning } }: KeptRule,
    { documents, parts, onEnd }: Writing<Saved>,
  ): Pieces {
    const { clock } = this.#options;
    const texts: string[] = [];
    let [tookMs, beganMs] = [0, clock.bootMs()];
    try {
      for (const saved of parts()) {
        if (saved !== undefined) texts.push(JSON.stringify({ meaning, saved }));
        tookMs += clock.bootMs() - beganMs;
        yield [];
        beganMs = clock.bootMs();
      }
      documents.put(name, texts);
      onEnd(tookMs, true);
    } catch (error) {
      this.#faults.log({ rule: name }, error);
      onEnd(tookMs + clock.bootMs() - beganMs, false);
    } finally {
      this.#underWay.delete(name);
    }
  }

  /** Writes every alert the first time, and then only those that changed. */
  #keepPipeline({ state, changes }: KeptPipeline, at: SavedMoment, most: number): void {
    if (most !== Infinity && changes.revision === this.#pipeline && changes.isEmpty) return;
    const { store } = this.#options;
    if (this.#pipeline === undefined) for (const id of state.alerts.keys()) changes.touch(id);
    this.#openAlerts.write(state, changes, most);
    this.#faults.guard({}, () => store.put(PIPELINE, THE_PIPELINE, saveWithoutAlerts(state, at)));
    this.#pipeline = changes.revision;
  }

  #moment(): SavedMoment {
    const { clock, bootId } = this.#options;
    return { bootId, bootMs: clock.bootMs(), unixMs: clock.unixMs() };
  }
}

/** Returns a text that changes when the alerts of a rule do. */
function essenceOf({ identity: { meaning }, state }: KeptRule): string {
  return meaning + alertsEssence(state);
}
