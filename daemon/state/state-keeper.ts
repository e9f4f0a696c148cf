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

/** Counts of rules without pending or firing alerts are written this seldom. */
const QUIET_MS = 10_000;
/**
 * So many alerts of the pipeline are written after a tick, the others after the next ones. Who is
 * told of one that was not written yet is told again after a kill.
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
 * So many keys of a rule are in one document: a few hundred kilobytes that take a few milliseconds
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

/** What the pipeline remembers, and what of it is still to be written. */
export interface KeptPipeline {
  readonly state: PipelineState | undefined;
  readonly changes: PipelineChanges | undefined;
}

export interface StateKeeperOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly bootId: string;
  readonly logger: Logger;
  /**
   * Has work on a rule's state done piece by piece, while nothing changes that and others have
   * their turns. Where not given, it is done at once.
   */
  readonly whileStill?: (rule: string, pieces: Pieces) => void;
}

type Pieces = Generator<readonly never[], void>;

/** What of a rule is written, and what is done after that. */
interface Writing<Saved extends { readonly at: SavedMoment }> {
  readonly documents: RuleDocuments<Saved>;
  /** called once nothing changes the state */
  readonly parts: () => Iterable<Saved | undefined>;
  /** called with the time that it took, and false if it failed */
  readonly onEnd: (tookMs: number, isWritten: boolean) => void;
}

/** Keeps what must survive a restart, and gives it back. */
export class StateKeeper {
  readonly #options: StateKeeperOptions;
  readonly #ruleAlerts: RuleDocuments<SavedAlerts>;
  readonly #ruleWindows: RuleDocuments<SavedWindows>;
  /** by rule: what was written last of its alerts */
  readonly #alerts = new Map<string, { readonly essence: string; nextAtMs: number }>();
  #running: Readonly<Record<string, string>> | undefined;
  /** the revision of the pipeline's state that was written last */
  #pipeline: number | undefined;
  readonly #openAlerts: OpenAlerts;
  readonly #faults: SavingFaults;
  /** the rules with something kept from an earlier process */
  #rulesBefore: ReadonlySet<string> | undefined;
  /** true if what an earlier process left cannot be read yet: nothing may be put in its place */
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

  /** What an earlier process knew of a rule that judges the same. */
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
   * The documents that fit the rule; one that does not is set aside. Each is tried on a state of
   * its own, which it may leave half done.
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
   * The file of each rule that ran when an earlier process, or this one, was last asked. Those that
   * run now are remembered from here on.
   *
   * @param isBroken whether it cannot be known what a file holds: its rules are remembered for when
   * it is whole again
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
   * The store gives only now what an earlier process left: rules that judge the same go on with
   * alerts that do not fire by what they found.
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
   * The alerts that were open are known also if what was kept beside them, as their groups, cannot
   * be read.
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
   * After each tick: writes what changed. Messages wait for alerts to be on the disk, not for
   * counts: those come after them, and as seldom as keeps writing them from taking the daemon's
   * time. Resolves once alerts are on the disk, or could not be written; before the end, counts as
   * well.
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
   * Writes counts if it is time for that; returns whether it is.
   *
   * @param kept the rules, each with whether an alert of it is pending or fires
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

  /** Before the end: everything. */
  close(rules: readonly KeptRule[], pipeline: KeptPipeline): Promise<void> {
    this.#quietAtMs = this.#busyUntilMs = 0;
    for (const written of this.#alerts.values()) written.nextAtMs = 0;
    this.#isClosing = true;
    return this.keep(rules, pipeline, Infinity);
  }

  /** Has the next `keep` write everything, since the store has forgotten it. */
  renew(): void {
    this.#isLate = false;
    this.#alerts.clear();
    this.#pipeline = undefined;
    this.#openAlerts.renew();
    this.#quietAtMs = this.#busyUntilMs = 0;
    if (this.#running !== undefined) this.#options.store.put(RUNNING, THE_RUNNING, this.#running);
  }

  /** The rule has ended, or judges otherwise now. */
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
   * Of a rule of few keys at once. A large one is written while nothing changes it, one thing at a
   * time.
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

  /** What is written is written at once: the documents of a rule are of one moment. */
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

  /** At first every alert, then those that changed. */
  #keepPipeline({ state, changes }: KeptPipeline, at: SavedMoment, most: number): void {
    if (state === undefined || changes === undefined) return;
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

/** What changes when the alerts of a rule are others. */
function essenceOf({ identity: { meaning }, state }: KeptRule): string {
  return meaning + alertsEssence(state);
}
