import { percentText } from "../../text/number-text.ts";
import { durationText } from "../../text/duration-text.ts";
import { secondText } from "../../text/time-text.ts";
import type { Clock } from "../../service/clock.ts";
import type { Logger } from "../../service/logger.ts";
import { CostMeter, type MeasuredRule } from "../../../bpf/load/cost-meter.ts";
import { CpuBudget, type OverBudget } from "./cpu-budget.ts";
import { Pauses } from "./pauses.ts";

/** The time from the end of a measurement to the next one. */
const REST_MS = 29_000;
/** The same while the budget seems to be exceeded. */
const SHORT_REST_MS = 4_000;
/** The least length of a measurement. */
const MEASURED_MS = 900;

/** The part of a running rule that can be detached for a while. */
export interface PausableRule extends MeasuredRule {
  /** the share of one CPU that it took when it was measured last */
  cpu: number | undefined;
  readonly isPaused: boolean;
  /**
   * false for a rule that records events without a threshold: who floods it would blind an audit
   * if it was detached
   */
  readonly mayPause: boolean;
  readonly pause: (reason: string) => Promise<void>;
}

export interface CpuWatchOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly rules: () => readonly PausableRule[];
  /** the share of one CPU that each rule, and all together, may take */
  readonly limit: () => number;
  /** see `CostMeter` */
  readonly measureParts?: (isMeasured: boolean) => void;
}

/**
 * Measures what the programs of rules cost the host, a second in thirty, and detaches for a while a
 * rule that takes more than its budget.
 */
export class CpuWatch implements Disposable {
  readonly #options: CpuWatchOptions;
  readonly #meter: CostMeter<PausableRule>;
  readonly #budget = new CpuBudget();
  readonly #pauses = new Pauses();
  #nextMs: number;
  /** true since a measurement failed, until one succeeds */
  #isRefused = false;
  /** the rules that may not be paused, and were over the limit when they were measured last */
  #costly: ReadonlySet<string> = new Set();

  constructor(options: CpuWatchOptions) {
    this.#options = options;
    this.#meter = new CostMeter(options.measureParts);
    this.#nextMs = options.clock.bootMs() + SHORT_REST_MS;
  }

  /** Takes a step; to be called about each second. Resolves to true; never rejects. */
  async step(): Promise<true> {
    await this.#step();
    return true;
  }

  async #step(): Promise<void> {
    try {
      await this.#measure(this.#options.clock.bootMs());
      this.#isRefused = false;
    } catch (error) {
      this.#meter[Symbol.dispose]();
      this.#nextMs = this.#options.clock.bootMs() + REST_MS;
      if (this.#isRefused) return;
      this.#isRefused = true;
      this.#options.logger.warn({ err: error }, "the cost of rules cannot be measured: limits.cpu has no effect");
    }
  }

  /** True for a rule that was detached and may be tried again. */
  isDue({ name, isPaused }: PausableRule): boolean {
    return isPaused && this.#pauses.hasEnded(name, this.#options.clock.bootMs(), this.#options.limit());
  }

  /** Returns the rules that were detached and may be tried again. */
  get due(): readonly PausableRule[] {
    return this.#options.rules().filter((rule) => this.isDue(rule));
  }

  /**
   * Begins another pause of those that were tried again, and could not be attached: they are not
   * tried all the time.
   */
  async pauseAgain(tried: readonly PausableRule[]): Promise<void> {
    const { rules, logger } = this.#options;
    for (const rule of rules().filter((each) => tried.includes(each))) {
      const { lengthMs, text } = this.#begin(rule);
      const reason = `it was detached by limits.cpu, and cannot be attached again: it stays detached ${text}`;
      logger.warn({ rule: rule.name, lengthMs }, reason);
      await rule.pause(reason);
    }
  }

  /** Begins a pause, and returns its length, also in words. */
  #begin({ name }: PausableRule): { readonly lengthMs: number; readonly text: string } {
    const { clock, limit } = this.#options;
    const lengthMs = this.#pauses.begin(name, clock.bootMs(), limit());
    const until = secondText(clock.unixMs() + lengthMs);
    return { lengthMs, text: `for ${durationText(lengthMs * 1e6)}, until ${until}` };
  }

  [Symbol.dispose](): void {
    this.#meter[Symbol.dispose]();
  }

  async #measure(nowMs: number): Promise<void> {
    if (nowMs < this.#nextMs) return;
    const rules = this.#options.rules().filter(({ isPaused }) => !isPaused);
    if (!this.#meter.isMeasuring) {
      this.#nextMs = nowMs + MEASURED_MS;
      return this.#meter.begin(rules, nowMs);
    }
    const shares = this.#meter.end(rules, nowMs);
    for (const [rule, share] of shares) rule.cpu = share;
    const limit = this.#options.limit();
    this.#warnOf([...shares].filter(([{ mayPause }, share]) => !mayPause && share > limit));
    this.#budget.add(new Map([...shares].flatMap(([{ name, mayPause }, share]) => (mayPause ? [[name, share]] : []))));
    this.#nextMs = nowMs + (this.#budget.isSuspicious(limit) ? SHORT_REST_MS : REST_MS);
    const over = this.#budget.over(limit);
    if (over !== undefined) await this.#pause(over, limit);
  }

  /** Says of rules that stay attached what they take, once until it is less again. */
  #warnOf(costly: readonly (readonly [PausableRule, number])[]): void {
    for (const [{ name }, cpu] of costly)
      if (!this.#costly.has(name))
        this.#options.logger.warn(
          { rule: name, cpu },
          "takes more than limits.cpu, and stays attached: it records events",
        );
    this.#costly = new Set(costly.map(([{ name }]) => name));
  }

  async #pause(over: OverBudget, limit: number): Promise<void> {
    const { rules, logger } = this.#options;
    const rule = rules().find(({ name }) => name === over.rule);
    if (rule === undefined) return;
    this.#budget.clear();
    const { lengthMs, text } = this.#begin(rule);
    const reason = `${reasonOf(over, limit)}: it is detached ${text}`;
    logger.warn({ rule: rule.name, cpu: over.share, limit, lengthMs }, reason);
    await rule.pause(reason);
  }
}

function reasonOf({ share, together }: OverBudget, limit: number): string {
  const text = `its programs take ${percentText(share)} of a CPU, more than limits.cpu of ${percentText(limit)}`;
  if (together === undefined) return text;
  return `all rules together take ${percentText(together)} of a CPU, more than limits.cpu of ${percentText(limit)}, and this one the most, ${percentText(share)}`;
}
