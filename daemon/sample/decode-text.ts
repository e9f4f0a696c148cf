const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export interface DecodedText {
  readonly text: string;
  /** the bytes were not UTF-8, and `text` contains escapes */
  readonly escaped: boolean;
}

/** Returns the bytes before the first NUL, or all of them. */
export function untilNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/**
 * Decodes arbitrary bytes as text without losing any. UTF-8 is returned exactly, including control
 * characters.
 *
 * In other bytes, each byte that is not part of a character becomes `\xNN` (lower-case hex), each
 * backslash `\x5c`, and `escaped` is true. Undo the escapes only then: people also type `\xff`.
 */
export function decodeText(bytes: Uint8Array): DecodedText {
  const short = shortAscii(bytes);
  if (short !== undefined) return { text: short, escaped: false };
  try {
    return { text: strict.decode(bytes), escaped: false };
  } catch {
    return { text: escapeInvalid(bytes), escaped: true };
  }
}

/** Short texts, such as a comm, are built faster than by a decoder. */
const SHORT = 24;

function shortAscii(bytes: Uint8Array): string | undefined {
  if (bytes.length > SHORT) return undefined;
  let text = "";
  for (const byte of bytes) {
    if (byte >= 0x80) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}

function escapeInvalid(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const character = characterAt(bytes, at);
    const escaped = character === undefined || character.text === "\\";
    text += escaped ? `\\x${(bytes[at] ?? 0).toString(16).padStart(2, "0")}` : character.text;
    at += character?.bytes ?? 1;
  }
  return text;
}

/** Returns the character that begins at `at`, or undefined if the bytes are not a character. */
function characterAt(bytes: Uint8Array, at: number): { readonly text: string; readonly bytes: number } | undefined {
  const length = sequenceLength(bytes[at] ?? 0);
  if (length === 0 || at + length > bytes.length) return undefined;
  try {
    return { text: strict.decode(bytes.subarray(at, at + length)), bytes: length };
  } catch {
    return undefined;
  }
}

/** Returns the length of the sequence that begins with `lead` (RFC 3629 §4), or 0 if none does. */
function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

/**
 * Writes `\x5c` for each backslash of an unescaped text that looks like an escape of `decodeText`.
 * The text then differs from every escaped text.
 */
export function spellsEscape(text: string): string {
  return text.includes("\\") ? text.replace(/\\(?=x(?:5c|[89a-f][0-9a-f])|unreadable)/g, "\\x5c") : text;
}

/** Returns bytes that were cut, without an incomplete character at the end. */
export function wholeCharacters(bytes: Uint8Array): Uint8Array {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const length = sequenceLength(bytes[bytes.length - back] ?? 0);
    if (length > 0) return length > back ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}

/**
 * Converts the kernel's name of a terminal to its path below /dev: `pts3` to `pts/3`. No terminal
 * is "".
 */
export function ttyName(kernelName: string): string {
  return kernelName.replace(/^pts(?=\d)/, "pts/");
}

/** Formats binary bytes: printable ASCII unchanged, other bytes and the backslash as `\xNN`. */
export function decodeBytes(bytes: Uint8Array): DecodedText {
  let text = "";
  for (const byte of bytes) {
    const printable = byte >= 0x20 && byte < 0x7f && byte !== 0x5c;
    text += printable ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return { text, escaped: true };
}
