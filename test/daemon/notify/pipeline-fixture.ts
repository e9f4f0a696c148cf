import type { AlertEvent } from "../../../daemon/evaluate/alerts/alert.ts";
import { parseMatchers, plainText } from "../../../daemon/matchers/parse-matchers.ts";
import { matchesAll, type Matcher } from "../../../daemon/matchers/matcher.ts";
import { held, passed, type AnyStage, type Stage } from "../../../daemon/notify/stages/stage.ts";
import type { ActionTraits, Message } from "../../../daemon/notify/stages/flush-context.ts";
import type { StepFault } from "../../../daemon/notify/stages/guard.ts";
import { Pipeline } from "../../../daemon/notify/stages/pipeline.ts";
import { emptyPipelineState, type PipelineState } from "../../../daemon/notify/stages/pipeline-state.ts";
import type { SavedMoment } from "../../../daemon/evaluate/saved/saved-moment.ts";
import { restorePipeline, savePipeline, type SavedPipeline } from "../../../daemon/notify/stages/saved-pipeline.ts";
import type {
  BudgetSettings,
  InhibitSettings,
  NotifySettings,
  RouteSettings,
} from "../../../daemon/settings/notify-settings.ts";
import { alert } from "./fixtures.ts";

export const START_UNIX_MS = Date.UTC(2026, 10, 26, 8);

export function matchersOf(text: string): readonly Matcher[] {
  const { result } = parseMatchers(plainText({ path: "matchers", text }));
  if (result === undefined) throw new Error(`no matchers: ${text}`);
  return result;
}

export function inhibit(source: string, target: string, ...equal: readonly string[]): InhibitSettings {
  return { source: matchersOf(source), target: matchersOf(target), equal };
}

/** A route as the settings give it: below the root it needs `key`. */
export function route(changes: Partial<RouteSettings> = {}): RouteSettings {
  return {
    key: "{}",
    matchers: [],
    actions: ["hook"],
    groupBy: ["rule"],
    groupWaitMs: 0,
    groupIntervalMs: 60_000,
    repeatMs: 4 * 3_600_000,
    continue: false,
    allRules: false,
    routes: [],
    ...changes,
  };
}

export function child(matchers: string, changes: Partial<RouteSettings> = {}): RouteSettings {
  return route({ key: `{}/{${matchers}}`, matchers: matchersOf(matchers), ...changes });
}

export interface World {
  readonly root?: RouteSettings;
  readonly inhibit?: readonly InhibitSettings[];
  readonly budget?: BudgetSettings;
  /** instead of silences and mute windows */
  readonly filters?: readonly Stage<"alert">[];
  readonly traits?: Readonly<Record<string, ActionTraits>>;
  readonly refresh?: (rule: string, event: AlertEvent) => AlertEvent;
  /** the settings' own */
  readonly labels?: Readonly<Record<string, string>>;
  readonly onFault?: (fault: StepFault) => void;
  /** actions that no longer exist */
  readonly gone?: readonly string[];
}

const HOST = { instance: "web1" };

const PLENTY: BudgetSettings = { rule: 1000, action: 1000 };

export function notifySettings({ root = route(), inhibit: rules = [], budget = PLENTY }: World): NotifySettings {
  return { route: root, inhibit: rules, budget };
}

/**
 * A message in short: `hook firing: a! b (first notification)`; `!` marks what is news, `-` what
 * ended.
 */
export function inShort({ action, content }: Message): string {
  const alerts = content.alerts.map(({ labels, status, level }, index) => {
    const name = labels["key"] ?? "";
    return `${status === "resolved" ? "-" : ""}${name}${level === "warning" ? "" : `:${level}`}${index < content.news ? "!" : ""}`;
  });
  const more = content.suppressed === 0 ? "" : ` suppressed ${content.suppressed}`;
  return `${action}: ${alerts.join(" ")} (${content.reason})${more}`;
}

/** A pipeline in simulated time. Actions take 100 alerts a message, but `log`, which is immediate. */
export class Simulation {
  #world: World;
  #pipeline: Pipeline;
  nowMs = 0;

  constructor(world: World = {}, state: PipelineState = emptyPipelineState()) {
    this.#world = world;
    this.#pipeline = this.#create(state);
  }

  get pipeline(): Pipeline {
    return this.#pipeline;
  }

  get now(): { readonly ms: number; readonly unixMs: number } {
    return { ms: this.nowMs, unixMs: START_UNIX_MS + this.nowMs };
  }

  /** Alerts of `rule` by the label `key`; `-a` ends. */
  take(keys: string, changes: Partial<AlertEvent> = {}, ruleActions: readonly string[] = []): void {
    const { rule = "rule" } = changes;
    const events = keys.split(" ").map((key): AlertEvent => {
      const name = key.replace(/^-/, "");
      const event = {
        ...alert,
        rule,
        startsAtUnixMs: this.now.unixMs,
        ...changes,
        labels: { key: name, ...changes.labels },
      };
      return name === key ? event : { ...event, status: "resolved", endsAtUnixMs: this.now.unixMs };
    });
    this.#pipeline.take({ rule, events, ruleActions }, this.now);
  }

  step(): readonly string[] {
    return this.#pipeline.step(this.now).map(inShort);
  }

  /** Takes and steps between two ticks, as for alerts that were decided ahead of the second one. */
  early(keys: string, changes: Partial<AlertEvent> = {}): readonly string[] {
    this.take(keys, changes);
    return [...this.#pipeline.stepInPieces({ ...this.now, isAhead: true })].flatMap((message) =>
      message === undefined ? [] : inShort(message),
    );
  }

  /** Takes and steps. */
  tick(keys: string, changes: Partial<AlertEvent> = {}, ruleActions: readonly string[] = []): readonly string[] {
    this.take(keys, changes, ruleActions);
    return this.step();
  }

  /** Steps once a second for so long; what came with the time in seconds before it. */
  run(ms: number): readonly string[] {
    const all: string[] = [];
    for (const endMs = this.nowMs + ms; this.nowMs < endMs;) {
      this.nowMs += 1000;
      all.push(...this.step().map((message) => `${this.nowMs / 1000}s ${message}`));
    }
    return all;
  }

  /** Restarts with the saved state, as JSON, with a clock that starts again. */
  restart(downMs: number, world: World = this.#world): void {
    const saved = JSON.stringify(savePipeline(this.#pipeline.state, this.#savedAt("first")));
    this.nowMs += downMs;
    this.#world = world;
    const state = restorePipeline(JSON.parse(saved) as SavedPipeline, this.#savedAt("second"));
    if (state === undefined) throw new Error("nothing restored");
    this.#pipeline = this.#create(state);
  }

  #savedAt(bootId: string): SavedMoment {
    return { bootId, bootMs: this.now.ms, unixMs: this.now.unixMs };
  }

  /** `rule` names these actions from now on. */
  name(ruleActions: readonly string[]): void {
    this.#pipeline.name({ rule: "rule", ruleActions }, () => true, this.now);
  }

  use(world: World): void {
    const { labels = HOST } = world;
    this.#pipeline.use({ notify: notifySettings(world), labels }, this.now);
  }

  #create(state: PipelineState): Pipeline {
    const {
      filters = [],
      refresh = (_rule, event) => event,
      traits = {},
      gone = [],
      labels = HOST,
      onFault,
    } = this.#world;
    return new Pipeline(
      {
        state,
        silences: () => [],
        muteOf: () => [],
        changeStages: (stages) => withFilters(stages, filters),
        refresh,
        ...(onFault !== undefined && { onFault }),
        traits: (action) =>
          gone.includes(action) ? undefined : (traits[action] ?? { isImmediate: action === "log", maxAlerts: 100 }),
      },
      { notify: notifySettings(this.#world), labels },
      this.now,
    );
  }
}

/** The pipeline with these filters instead of silences and mute windows. */
export function withFilters(stages: readonly AnyStage[], filters: readonly Stage<"alert">[]): readonly AnyStage[] {
  return stages.flatMap((stage): readonly AnyStage[] =>
    stage.name === "silence" ? filters : stage.name === "mute" ? [] : [stage],
  );
}

/** Silences `key` until a time. */
export function silenceOf(key: string, untilMs: () => number, nowMs: () => number): Stage<"alert"> {
  const matchers = matchersOf(`key="${key}"`);
  return {
    name: "silence",
    on: "alert",
    judge: ({ labels }) =>
      matchesAll(matchers, labels) && nowMs() < untilMs() ? held("silenced") : passed("not silenced"),
  };
}
