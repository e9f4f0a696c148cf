/** Returns letters as a number. The first letter is the lowest byte. */
const letters = (text: string): number => Buffer.from(text, "latin1").readUIntLE(0, text.length);

/**
 * Returns the expression of what blk_fill_rwbs (kernel/trace/blktrace.c) writes for the flags of a
 * request: letters in one number. It is built from the last letter to the first. Operations on
 * zones have letters since Linux 6.18, where the record has room for 10. Writing zeroes has letters
 * since 6.19 (bc49af56eea8 "blktrace: add support for REQ_OP_WRITE_ZEROES tracing"), which kernels
 * with CONFIG_BLK_DEV_IO_TRACE show by an enumerator.
 */
export function rwbs(flags: string): string {
  const operation = `(${flags} & 0xff)`;
  const flagged = (rest: string, name: string, letter: string): string => {
    const isSet = `(${flags} >> (${name}) & 1)`;
    return `((${rest}) << (8 * ${isSet}) | ${letters(letter)} * ${isSet})`;
  };
  const suffixes = ["U:__REQ_ATOMIC ?? 63", "M:__REQ_META", "S:__REQ_SYNC", "A:__REQ_RAHEAD", "F:__REQ_FUA"];
  const last = suffixes.reduce((rest, each) => flagged(rest, each.slice(2), each.slice(0, 1)), "0");
  const operations = OPERATIONS.map(([names, text]) => `${operation} in [${names}] ? ${letters(text)} : `).join("");
  const onZone = `field_bytes >= 10 and ${operation} in`;
  const zones = ZONES.map(([name, text]) => `${onZone} [${name}] ? ${letters(text)} : `).join("");
  const zeroes = `(BLK_TC_WRITE_ZEROES ?? 0) != 0 and ${operation} in [REQ_OP_WRITE_ZEROES]`;
  const first = `(${operations}${zones}${zeroes} ? ${letters("WZ")} : ${letters("N")})`;
  const long = `(${operation} == REQ_OP_SECURE_ERASE or (${zeroes}) or (${onZone} [${ZONES.map(([name]) => name).join()}]))`;
  const bits = `(${onZone} [REQ_OP_ZONE_RESET_ALL] ? 24 : ${long} ? 16 : 8)`;
  return flagged(`(${last}) << ${bits} | ${first}`, "__REQ_PREFLUSH", "F");
}

const OPERATIONS = [
  ["REQ_OP_READ", "R"],
  ["REQ_OP_WRITE, REQ_OP_WRITE_SAME ?? REQ_OP_WRITE", "W"],
  ["REQ_OP_DISCARD", "D"],
  ["REQ_OP_SECURE_ERASE", "DE"],
  ["REQ_OP_FLUSH", "F"],
] as const;

const ZONES = [
  ["REQ_OP_ZONE_APPEND", "ZA"],
  ["REQ_OP_ZONE_RESET", "ZR"],
  ["REQ_OP_ZONE_RESET_ALL", "ZRA"],
  ["REQ_OP_ZONE_FINISH", "ZF"],
  ["REQ_OP_ZONE_OPEN", "ZO"],
  ["REQ_OP_ZONE_CLOSE", "ZC"],
] as const;
