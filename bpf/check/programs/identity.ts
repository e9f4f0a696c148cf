/** A text that is equal for two values that do the same: spans, which say only where a rule speaks of them, are left out. */
export function identityOf(value: unknown): string {
  return JSON.stringify(value, (key, part: unknown) => {
    if (key === "span") return undefined;
    if (typeof part === "bigint") return `${part}n`;
    if (part instanceof Map) return [...part];
    return part instanceof Uint8Array ? [...part] : part;
  });
}
