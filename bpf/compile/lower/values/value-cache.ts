/**
 * The values that have been computed on every way to the current instruction, by name: in
 * registers, or as bytes in the stack frame. A scope is a conditional branch; its values are
 * forgotten after it.
 */
export class ValueCache {
  readonly #scopes = [new Map<string, number>()];

  /**
   * Returns the register or stack offset of a value, and computes it by `compute` if it is not
   * known yet.
   */
  get(name: string, compute: () => number): number {
    const known = this.find(name);
    if (known !== undefined) return known;
    const value = compute();
    this.#scopes.at(-1)?.set(name, value);
    return value;
  }

  find(name: string): number | undefined {
    for (const scope of this.#scopes) {
      const known = scope.get(name);
      if (known !== undefined) return known;
    }
    return undefined;
  }

  scoped(body: () => void): void {
    this.#scopes.push(new Map());
    body();
    this.#scopes.pop();
  }
}
