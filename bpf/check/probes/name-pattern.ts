/** What a name is held against: `*` stands for any number of characters, everything else for itself. */
export function namePattern(pattern: string): (name: string) => boolean {
  if (!pattern.includes("*")) return (name) => name === pattern;
  const parts = pattern.split(/\*+/).map((part) => RegExp.escape(part));
  const whole = new RegExp(`^${parts.join(".*")}$`, "s");
  return (name) => whole.test(name);
}

/** `sys_enter_read` of `syscalls:sys_enter_read`. */
export function lastPart(probe: string): string {
  return probe.slice(probe.lastIndexOf(":") + 1);
}
