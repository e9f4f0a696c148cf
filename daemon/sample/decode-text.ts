const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export interface DecodedText {
  readonly text: string;
  /** the bytes were not UTF-8 and `text` holds escapes */
  readonly escaped: boolean;
}

/** The bytes before the first NUL, or all of them. */
export function untilNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/**
 * Text from bytes that the kernel promises nothing about, losing none of them. UTF-8 is given exactly as it is, control characters
 * included. Otherwise each byte that is no part of a character becomes `\xNN` (lower-case hex), each backslash of the text `\x5c`,
 * and `escaped` says so: only then may a reader undo the escapes, for `\xff` is also something that people type.
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

/** Texts of so many bytes, such as a comm, are put together faster than a decoder is asked. */
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

/** The one character that begins at `at`, or undefined where the bytes are none. */
function characterAt(bytes: Uint8Array, at: number): { readonly text: string; readonly bytes: number } | undefined {
  const length = sequenceLength(bytes[at] ?? 0);
  if (length === 0 || at + length > bytes.length) return undefined;
  try {
    return { text: strict.decode(bytes.subarray(at, at + length)), bytes: length };
  } catch {
    return undefined;
  }
}

/** How many bytes the sequence has that begins with `lead` (RFC 3629 §4), 0 where none does. */
function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

/** A text without escapes, with `\x5c` for each backslash that would begin one of `decodeText`: then it differs from every text with escapes. */
export function spellsEscape(text: string): string {
  return text.includes("\\") ? text.replace(/\\(?=x(?:5c|[89a-f][0-9a-f])|unreadable)/g, "\\x5c") : text;
}

/** Bytes that were cut somewhere, without the beginning of a character of which the rest is missing. */
export function wholeCharacters(bytes: Uint8Array): Uint8Array {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const length = sequenceLength(bytes[bytes.length - back] ?? 0);
    if (length > 0) return length > back ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}

/** The kernel's name of a terminal, `pts3` or `tty1`, as users write it below /dev: `pts/3`. No terminal is "". */
export function ttyName(kernelName: string): string {
  return kernelName.replace(/^pts(?=\d)/, "pts/");
}

/** Bytes that are no text: printable ASCII as it is, anything else, and the backslash, as `\xNN`. */
export function decodeBytes(bytes: Uint8Array): DecodedText {
  let text = "";
  for (const byte of bytes) {
    const printable = byte >= 0x20 && byte < 0x7f && byte !== 0x5c;
    text += printable ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return { text, escaped: true };
}
