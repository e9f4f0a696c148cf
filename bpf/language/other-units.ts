/** Units as they are written elsewhere, and their names here. */
const SPELLINGS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(["sec", "secs", "second", "seconds"].map((unit) => [unit, "s"])),
  ...Object.fromEntries(["min", "mins", "minute", "minutes"].map((unit) => [unit, "m"])),
  ...Object.fromEntries(["hr", "hrs", "hour", "hours"].map((unit) => [unit, "h"])),
  ...Object.fromEntries(["day", "days"].map((unit) => [unit, "d"])),
  ...Object.fromEntries(["msec", "msecs", "millis", "milliseconds"].map((unit) => [unit, "ms"])),
  ...Object.fromEntries(["\u00b5s", "\u03bcs", "usec", "usecs", "micros", "microseconds"].map((unit) => [unit, "us"])),
  ...Object.fromEntries(["nsec", "nsecs", "nanos", "nanoseconds"].map((unit) => [unit, "ns"])),
  ...Object.fromEntries(["byte", "bytes"].map((unit) => [unit, "B"])),
  Ki: "KiB",
  Mi: "MiB",
  Gi: "GiB",
  Ti: "TiB",
};

/** Letters that mean a factor or bytes, and `M`, which can also mean minutes. */
const PREFIXES: Readonly<Record<string, { readonly zeros: number; readonly sizes: readonly string[] }>> = {
  k: { zeros: 3, sizes: ["kB", "KiB"] },
  K: { zeros: 3, sizes: ["kB", "KiB"] },
  M: { zeros: 6, sizes: ["MB", "MiB"] },
  G: { zeros: 9, sizes: ["GB", "GiB"] },
  T: { zeros: 12, sizes: ["TB", "TiB"] },
};

/**
 * Returns the help for a number with an unknown unit, such as `1M` or `5min`.
 * @param digits the number as it is written, with or without a fraction
 * @param units the known units
 */
export function helpForUnit(digits: string, unit: string, units: readonly string[]): string {
  const prefix = Object.hasOwn(PREFIXES, unit) ? PREFIXES[unit] : undefined;
  if (prefix !== undefined) {
    const sizes = prefix.sizes.map((size) => `"${digits}${size}"`).join(" or ");
    return `write "${shifted(digits, prefix.zeros)}" for a number, ${sizes} for bytes${unit === "M" ? `, "${digits}m" for minutes` : ""}`;
  }
  const exponent = /^[eE](\d{1,2})$/.exec(unit)?.[1];
  if (exponent !== undefined) return `numbers have no exponent: write "${shifted(digits, Number(exponent))}"`;
  if (/^w(eeks?)?$/.test(unit)) return `write days: "${/^\d{1,9}$/.test(digits) ? Number(digits) * 7 : 7}d"`;
  const nearest = unitCalled(unit, units);
  return nearest === undefined ? `the units are ${units.join(" ")}` : `write "${digits}${nearest}"`;
}

/** Returns the unit that another spelling means, or undefined if the spelling is unknown. */
export function unitCalled(unit: string, units: readonly string[]): string | undefined {
  const small = unit.toLowerCase();
  const known = Object.hasOwn(SPELLINGS, small) ? SPELLINGS[small] : SPELLINGS[unit];
  return known ?? units.find((each) => each.toLowerCase() === small);
}

/** Returns a number times 10^zeros in digits, with `_` between thousands. */
function shifted(digits: string, zeros: number): string {
  const [whole = "", fraction = ""] = digits.split(".");
  const all = whole + fraction.padEnd(zeros, "0").slice(0, zeros);
  const rest = fraction.slice(zeros);
  const significant = all.replace(/^0+(?=\d)/, "") || "0";
  const first = significant.length % 3;
  const thousands = significant.slice(first).match(/\d{3}/g) ?? [];
  const grouped = [...(first === 0 ? [] : [significant.slice(0, first)]), ...thousands].join("_");
  return rest === "" ? grouped : `${grouped}.${rest}`;
}
