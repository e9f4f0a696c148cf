/** The time in which the host was suspended, between the ticks of one rule. */
export class SuspendedTime {
  /** at the last tick */
  #totalMs: number | undefined;

  /** Returns the suspended time since the last call; less than 1 ms is a reading error. */
  since(totalMs: number): number {
    const passedMs = totalMs - (this.#totalMs ?? totalMs);
    this.#totalMs = totalMs;
    return passedMs < 1 ? 0 : passedMs;
  }
}
