import { enableRunStatistics } from "libbpf-ts";

/** The part of a running rule that is measured. */
export interface MeasuredRule {
  readonly name: string;
  readonly object: { readonly totals: () => { readonly runTimeNs: bigint } };
}

/**
 * Makes the kernel count and time all runs of programs on the host until this is disposed. Throws
 * BpfError.
 */
export const measureRuns = (): Disposable => enableRunStatistics();

interface Measurement<Rule> {
  readonly statistics: Disposable;
  readonly atMs: number;
  readonly runTimes: ReadonlyMap<Rule, bigint>;
}

/**
 * Measures what the programs of rules cost. The kernel takes the time of each run meanwhile, which
 * costs about as much as a count: so it is done for a second now and then.
 */
export class CostMeter<Rule extends MeasuredRule> implements Disposable {
  readonly #measureParts: (isMeasured: boolean) => void;
  #measurement: Measurement<Rule> | undefined;

  /** @param measureParts begins and ends the measuring of rules that share a program */
  constructor(measureParts: (isMeasured: boolean) => void = () => undefined) {
    this.#measureParts = measureParts;
  }

  /** Begins a measurement. Throws BpfError if the kernel refuses its statistics. */
  begin(rules: readonly Rule[], nowMs: number): void {
    this[Symbol.dispose]();
    using held = new DisposableStack();
    // after the statistics, so that no later run is taken for one that an administrator measures
    held.defer(() => this.#measureParts(false));
    held.use(measureRuns());
    this.#measureParts(true);
    const runTimes = runTimesOf(rules);
    this.#measurement = { statistics: held.move(), atMs: nowMs, runTimes };
  }

  get isMeasuring(): boolean {
    return this.#measurement !== undefined;
  }

  /**
   * Ends the measurement. Returns the share of one CPU that each rule took, summed over all CPUs,
   * without rules that came or went meanwhile. It is ended even if this throws.
   */
  end(rules: readonly Rule[], nowMs: number): ReadonlyMap<Rule, number> {
    if (this.#measurement === undefined) return new Map();
    const { atMs, runTimes, statistics } = this.#measurement;
    this.#measurement = undefined;
    using _ = statistics;
    const now = runTimesOf(rules);
    const tookNs = Math.max(1, nowMs - atMs) * 1e6;
    return new Map(
      [...now].flatMap(([rule, runTimeNs]) => {
        const before = runTimes.get(rule);
        return before === undefined ? [] : [[rule, Number(runTimeNs - before) / tookNs] as const];
      }),
    );
  }

  [Symbol.dispose](): void {
    this.#measurement?.statistics[Symbol.dispose]();
    this.#measurement = undefined;
  }
}

function runTimesOf<Rule extends MeasuredRule>(rules: readonly Rule[]): ReadonlyMap<Rule, bigint> {
  return new Map(rules.map((rule) => [rule, rule.object.totals().runTimeNs]));
}
