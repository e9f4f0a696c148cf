/**
 * Computes a value when first asked for, and again once nobody holds it: what is large and seldom needed need not
 * stay in memory. A failure is not kept. Hold the value while it is needed often.
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
