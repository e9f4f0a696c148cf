/** The measurements in a row, 5 s apart, by which a rule is judged: 20 s of what it costs. */
const JUDGED = 5;
/** The measurements that are kept of each rule. */
const KEPT = 12;

/** A rule whose programs take more CPU time than they may. */
export interface OverBudget {
  readonly rule: string;
  /** the mean of its last measurements: 0.05 is 5 % of one CPU */
  readonly share: number;
  /** the mean of all rules together, if that is what is too much */
  readonly together?: number;
}

/** Judges what rules cost, by measurements of all of them. Shares are of one CPU. */
export class CpuBudget {
  /** the latest last */
  readonly #measured: ReadonlyMap<string, number>[] = [];

  /** Takes a measurement: the share of each rule. */
  add(shares: ReadonlyMap<string, number>): void {
    this.#measured.push(shares);
    if (this.#measured.length > KEPT) this.#measured.shift();
  }

  /**
   * Returns true if the last measurement was over the limit. Whether it was a moment's load is
   * found out by measuring more often.
   */
  isSuspicious(limit: number): boolean {
    return sumOf(this.#measured.at(-1)) > limit;
  }

  /**
   * Returns the rule to detach, the one that costs most of those over the limit, or of all if they
   * are over it only together; rules that came or went meanwhile are not judged. Undefined unless
   * the last measurements all were over it in sum: one busy second detaches nothing.
   */
  over(limit: number): OverBudget | undefined {
    const judged = this.#measured.slice(-JUDGED);
    if (judged.length < JUDGED || judged.some((each) => sumOf(each) <= limit)) return undefined;
    const lasting = [...(judged[0] ?? [])].filter(([rule]) => judged.every((shares) => shares.has(rule)));
    const means = lasting.map(([rule]) => [rule, meanOf(judged, rule)] as const);
    const [rule, share] = means.toSorted(([, left], [, right]) => right - left)[0] ?? ["", 0];
    const together = means.reduce((sum, [, each]) => sum + each, 0);
    if (together <= limit) return undefined;
    return { rule, share, ...(share <= limit && { together }) };
  }

  /** Forgets what was measured: with one rule less, the others are judged anew. */
  clear(): void {
    this.#measured.length = 0;
  }
}

function sumOf(shares: ReadonlyMap<string, number> = new Map()): number {
  return shares.values().reduce((sum, share) => sum + share, 0);
}

function meanOf(measured: readonly ReadonlyMap<string, number>[], rule: string): number {
  return measured.reduce((sum, shares) => sum + (shares.get(rule) ?? 0), 0) / measured.length;
}
