/**
 * Computes a value when first asked for, and again after nothing holds it. A large value that is
 * seldom needed does not stay in memory. A failure is not kept. Hold the value while it is needed
 * often.
 */
export function whileUsed<Value extends object>(compute: () => Value): () => Value {
  let known: WeakRef<Value> | undefined;
  return () => {
    const before = known?.deref();
    if (before !== undefined) return before;
    const value = compute();
    known = new WeakRef(value);
    return value;
  };
}
