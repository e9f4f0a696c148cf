/** Records of one rule that could not be kept. */
export interface Loss {
  readonly rule: string;
  readonly count: number;
  /** when the first of them came */
  readonly sinceUnixMs: number;
}

/** What was lost and not said yet, by rule. */
export class Losses {
  readonly #byRule = new Map<string, Loss>();
  #total = 0;

  /** of all time */
  get total(): number {
    return this.#total;
  }

  /** those that no line says yet */
  get unsaid(): number {
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

  /** All of them, which are said from now on. */
  take(): readonly Loss[] {
    const losses = [...this.#byRule.values()];
    this.#byRule.clear();
    return losses;
  }
}
