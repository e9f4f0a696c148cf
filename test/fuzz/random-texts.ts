import type { Random } from "../kernel/compile/random-rules-random.ts";

/** Pieces of YAML that mean something to its reader. */
const YAML_PIECES = [..."{ } [ ] , & * ! | > % @ ' \" # \t \n : - ? ~".split(" "), ": ", "- ", "  ", " #", "|\n", "&a ", "*a", "!t ", "? ", "---\n", "<<: ", "0x", "null", "__proto__", "constructor: ", "\\", "\u{1F600}", "\ud800", "\r\n", "\ufeff"]; // prettier-ignore

/** Tokens of the expression language, and what is nearly one. */
const TOKENS = "( ) [ ] , . .. ? : ?? + - * / % & | ^ ~ ! << >> == != < <= > >= = && || and or not in true false pid comm args args.prev_pid task kstack retval value elapsed count() sum( str( cast( ksym( \"sk_buff\" \"text\" 'x' \" \\ 0 1 0x1f 1_000 1e3 2.5 90% 250ms 4KiB 10.0.0.0/8 fe80::/10 ::1 1.2.3 99999999999999999999 TCP_ESTABLISHED AF_INET6 @ $ # ; ` \u0000 \u202e é 漢".split(" "); // prettier-ignore

/** Words of the expression language in no order that means anything. */
export function tokenSoup(random: Random): string {
  return random
    .times(1, random.chance(0.05) ? 400 : 24, () => random.pick(TOKENS))
    .join(random.pick(["", " ", " ", "  "]));
}

/** The text with pieces inserted, taken out, doubled and moved. */
export function mutated(text: string, random: Random): string {
  let now = text;
  for (let change = random.between(1, 4); change > 0; change--) {
    const at = random.between(0, now.length);
    const piece = random.chance(0.3)
      ? now.slice(at, at + random.between(0, 20))
      : random.pick(random.chance(0.5) ? YAML_PIECES : TOKENS);
    now = now.slice(0, at) + piece + now.slice(at + (random.chance(0.5) ? random.between(0, 5) : 0));
  }
  return now;
}

/** Returns the bytes of a file, sometimes with bytes that are not UTF-8, or only noise. */
export function fileBytes(text: string, random: Random): Uint8Array {
  if (random.chance(0.05)) return Uint8Array.from(random.times(0, 300, () => random.between(0, 255)));
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > 0 && random.chance(0.1)) bytes[random.between(0, bytes.length - 1)] = random.between(0, 255);
  return bytes;
}

/** Texts that leave something open for the rest. */
const HEADS = ["", "[", "{", "a: [", "a: 'x", 'a: "x', "a: |\n", "a: "];

/** A text of `size` characters or a little more: a few signs over and over, signs in no order, or mutated rules one behind the other. */
export function longText(size: number, texts: readonly string[], random: Random): string {
  const sign = (): string => random.pick(random.chance(0.2) ? TOKENS : YAML_PIECES);
  const pieces = random.pick([repeated(random, sign), sign, () => `${mutated(random.pick(texts), random)}\n---\n`]);
  let text = random.pick(HEADS);
  while (text.length < size) text += pieces();
  return text;
}

function repeated(random: Random, sign: () => string): () => string {
  const piece = random.times(1, 3, sign).join("");
  return () => piece;
}
