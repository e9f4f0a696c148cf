/**
 * Returns a text that is equal for two values that do the same. Spans are left out: they only say
 * where in the rule a value is.
 */
export function identityOf(value: unknown): string {
  return JSON.stringify(value, (key, part: unknown) => {
    if (key === "span") return undefined;
    if (typeof part === "bigint") return `${part}n`;
    if (part instanceof Map) return [...part];
    return part instanceof Uint8Array ? [...part] : part;
  });
}
