/**
 * Returns an object that an earlier release saved, with the present names of its fields.
 *
 * @param formerNames the former names, by the present ones
 */
export function withPresentNames<Saved extends object>(
  saved: Saved,
  formerNames: Readonly<Record<string, string>>,
): Saved {
  const parts: Record<string, unknown> = Object.fromEntries(Object.entries(saved));
  for (const [name, former] of Object.entries(formerNames)) {
    if (!(former in parts)) continue;
    parts[name] ??= parts[former];
    delete parts[former];
  }
  return parts as Saved;
}
