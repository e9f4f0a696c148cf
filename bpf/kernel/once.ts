/** Computes a value when first asked for; a failure is not kept, so that the next call tries again. */
export function once<Value>(compute: () => Value): () => Value {
  let known: { readonly value: Value } | undefined;
  return () => (known ??= { value: compute() }).value;
}
