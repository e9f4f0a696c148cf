/** Records of one rule that were lost. */
export interface Loss {
  readonly rule: string;
  readonly count: number;
  /** the time of the first one */
  readonly sinceUnixMs: number;
}

/** Lost records that no line has reported yet, by rule. */
export class Losses {
  readonly #byRule = new Map<string, Loss>();
  #total = 0;

  /** the total since the start */
  get total(): number {
    return this.#total;
  }

  /** the number that no line reports yet */
  get unreported(): number {
    return this.#byRule.values().reduce((sum, { count }) => sum + count, 0);
  }

  get isEmpty(): boolean {
    return this.#byRule.size === 0;
  }

  of(rule: string): Loss | undefined {
    return this.#byRule.get(rule);
  }

  add(rule: string, count: number, nowUnixMs: number): void {
    const { count: before = 0, sinceUnixMs = nowUnixMs } = this.#byRule.get(rule) ?? {};
    this.#byRule.set(rule, { rule, count: before + count, sinceUnixMs });
    this.#total += count;
  }

  /** Takes all losses, which then count as reported. */
  take(): readonly Loss[] {
    const losses = [...this.#byRule.values()];
    this.#byRule.clear();
    return losses;
  }
}
