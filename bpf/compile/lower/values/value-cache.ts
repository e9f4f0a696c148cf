/**
 * What has been computed on every way to the current instruction, by name: values in registers, or bytes in the stack frame. A scope is a
 * conditional branch; what it computed is forgotten behind it.
 */
export class ValueCache {
  readonly #scopes = [new Map<string, number>()];

  /** The register or stack offset of a value, computed by `compute` where it is not known yet. */
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
