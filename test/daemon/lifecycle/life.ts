import assert from "node:assert/strict";
import { alertViews } from "../../../daemon/evaluate/alerts/alert-lifecycle.ts";
import { evaluateRule } from "../../../daemon/evaluate/evaluate-rule.ts";
import type { RuleState } from "../../../daemon/evaluate/rule-state.ts";
import { restoreAlerts, saveAlerts, type SavedAlerts } from "../../../daemon/evaluate/saved/saved-alerts.ts";
import type { SavedMoment } from "../../../daemon/evaluate/saved/saved-moment.ts";
import { restoreWindows, saveWindows, type SavedWindows } from "../../../daemon/evaluate/saved/saved-windows.ts";
import { type AnyStage, held, passed, type Stage } from "../../../daemon/notify/stages/stage.ts";
import { Pipeline } from "../../../daemon/notify/stages/pipeline.ts";
import { emptyPipelineState, type PipelineState } from "../../../daemon/notify/stages/pipeline-state.ts";
import { restorePipeline, savePipeline, type SavedPipeline } from "../../../daemon/notify/stages/saved-pipeline.ts";
import { row, sampleAt, stateOf, type TestRule } from "../evaluate/rule-for-tests.ts";
import { notifySettings, route, withFilters } from "../notify/pipeline-fixture.ts";
import { Ledger } from "./ledger.ts";
import { CLEAR, LEAST, Oracle, WHEN } from "./oracle.ts";
import type { Setting, Step } from "./step.ts";

const TICK_MS = 1000;
/** The time without anybody who counts after which timers begin anew. */
const SIGHT_MS = 3_600_000;
/** `log` gets each change at once, `hook` in groups. */
const ACTIONS = ["log", "hook"] as const;

type Handlers = { readonly [Kind in Step["kind"]]: (step: Extract<Step, { kind: Kind }>) => void };

/** The limits of flapping, such that it settles in the time that a sequence has. */
const FLAP = { fires: 3, withinMs: 8 * TICK_MS } as const;

function newState(rule: TestRule): RuleState {
  const state = stateOf(rule);
  return { ...state, policy: { ...state.policy, flap: FLAP } };
}

/** A rule, the pipeline and their clocks, and what must hold whatever happens to them. */
export class Life {
  readonly #setting: Setting;
  readonly #oracle: Oracle;
  readonly #ledger = new Ledger();
  /** how far clocks are from true time, which is #nowMs */
  readonly #offsets = { bootMs: 1_000_000, unixMs: Date.UTC(2026, 10, 26) };
  #boots = 0;
  #nowMs = 0;
  #tickedAtMs = 0;
  #silencedUntilUnixMs = -Infinity;
  #rule: TestRule;
  #state: RuleState;
  #pipeline: Pipeline;

  constructor(setting: Setting) {
    this.#setting = setting;
    this.#oracle = new Oracle(setting.rule, FLAP);
    this.#rule = {
      ...setting.rule,
      threshold: {
        info: `value > ${LEAST.info}`,
        warning: `value > ${LEAST.warning}`,
        critical: `value > ${LEAST.critical}`,
        clear: `value < ${CLEAR}`,
        when: `value > ${WHEN}`,
      },
    };
    this.#state = newState(this.#rule);
    this.#pipeline = this.#createPipeline(emptyPipelineState());
  }

  live(steps: readonly Step[]): void {
    for (const step of steps) this.#take(step);
  }

  /** Quiet comes back and lasts: everything that was opened must be closed, for everybody. */
  end(): void {
    this.#silencedUntilUnixMs = -Infinity;
    this.#handlers.tick({ kind: "tick", counted: WHEN + 1, degraded: false, times: 20 });
    assert.deepEqual(this.#ledger.open, [], "every firing that was told is told as ended");
    assert.equal(this.#pipeline.state.alerts.size, 0, "nothing is remembered of what ended");
  }

  readonly #handlers: Handlers = {
    tick: ({ counted, degraded, times }) => {
      for (let time = 0; time < times; time++) this.#tick(TICK_MS, counted, degraded);
    },
    late: ({ counted, byMs }) => this.#tick(TICK_MS + byMs, counted, false),
    clock: ({ byMs }) => {
      this.#offsets.unixMs += byMs;
    },
    restart: ({ downMs }) => this.#restart(downMs, this.#offsets.bootMs),
    reboot: ({ downMs }) => this.#restart(downMs, -this.#nowMs - downMs),
    reload: () => this.#reload(),
    silence: ({ forMs }) => {
      this.#silencedUntilUnixMs = this.#unixMs + forMs;
    },
    unsilence: () => {
      this.#silencedUntilUnixMs = -Infinity;
    },
  };

  #take(step: Step): void {
    // The table has a handler for each kind, which TypeScript cannot follow through the index.
    (this.#handlers[step.kind] as (step: Step) => void)(step);
  }

  get #bootMs(): number {
    return this.#nowMs + this.#offsets.bootMs;
  }

  get #unixMs(): number {
    return this.#nowMs + this.#offsets.unixMs;
  }

  get #savedMoment(): SavedMoment {
    return { bootId: String(this.#boots), bootMs: this.#bootMs, unixMs: this.#unixMs };
  }

  get #moment(): { readonly ms: number; readonly unixMs: number } {
    return { ms: this.#bootMs, unixMs: this.#unixMs };
  }

  #tick(afterMs: number, counted: number | undefined, degraded: boolean): void {
    this.#nowMs += afterMs;
    const rows = counted === undefined ? [] : [row([counted])];
    const sample = sampleAt(this.#bootMs / 1000, rows, {}, this.#nowMs - this.#tickedAtMs);
    this.#tickedAtMs = this.#nowMs;
    const moment = { unixMs: this.#unixMs, tickMs: TICK_MS, ...(degraded && { degraded: "detached" }) };
    const events = evaluateRule(this.#state, sample, moment);
    this.#oracle.check({
      atMs: this.#nowMs,
      counted: counted ?? 0,
      degraded,
      events: events.filter(({ rule }) => rule === "test"),
      firing: alertViews(this.#state)[0]?.state === "firing",
    });
    this.#pipeline.take({ rule: "test", events, ruleActions: [] }, this.#moment);
    this.#notify();
  }

  #notify(): void {
    const isSilenced = this.#unixMs < this.#silencedUntilUnixMs;
    for (const message of this.#pipeline.step(this.#moment)) this.#ledger.read(message, isSilenced);
  }

  #restart(downMs: number, bootOffsetMs: number): void {
    const pipeline = JSON.stringify(savePipeline(this.#pipeline.state, this.#savedMoment));
    const alerts = JSON.stringify(saveAlerts(this.#state, this.#savedMoment));
    const windows = JSON.stringify(saveWindows(this.#state, this.#savedMoment));
    this.#nowMs += downMs;
    if (bootOffsetMs !== this.#offsets.bootMs) this.#boots++;
    this.#offsets.bootMs = bootOffsetMs;
    this.#tickedAtMs = this.#nowMs;
    if (downMs > SIGHT_MS) this.#oracle.lostSight();
    const restored = restorePipeline(JSON.parse(pipeline) as SavedPipeline, this.#savedMoment);
    assert.ok(restored !== undefined);
    this.#pipeline = this.#createPipeline(restored);
    this.#state = newState(this.#rule);
    restoreWindows(this.#state, JSON.parse(windows) as SavedWindows, this.#savedMoment);
    restoreAlerts(this.#state, JSON.parse(alerts) as SavedAlerts, this.#savedMoment);
  }

  #reload(): void {
    this.#rule = { ...this.#rule, summary: `${this.#rule.summary ?? ""}.` };
    this.#state = { ...this.#state, plan: newState(this.#rule).plan };
  }

  #createPipeline(state: PipelineState): Pipeline {
    const { groupWaitMs, groupIntervalMs, repeatMs } = this.#setting;
    const root = route({ actions: ACTIONS, groupWaitMs, groupIntervalMs, repeatMs });
    const silence: Stage<"alert"> = {
      name: "silence",
      on: "alert",
      judge: (_, { unixMs }) => (unixMs < this.#silencedUntilUnixMs ? held("silenced") : passed("no silence")),
    };
    const options = {
      state,
      silences: () => [],
      muteOf: () => [],
      changeStages: (stages: readonly AnyStage[]) => withFilters(stages, [silence]),
      traits: (action: string) => ({ isImmediate: action === "log", maxAlerts: 100 }),
      refresh: <Event>(_rule: string, event: Event): Event => event,
    };
    return new Pipeline(options, { notify: notifySettings({ root }), labels: {} }, this.#moment);
  }
}
