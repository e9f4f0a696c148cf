/**
 * A mail address and the name that readers of a mail are shown for it, as RFC 5322 (section 3.4)
 * has them; the name may be empty.
 */
export interface Mailbox {
  readonly name: string;
  readonly address: string;
}

/**
 * `NAME <ADDRESS>`, where a name with a character that means something in a list of addresses
 * stands in quotes.
 */
const NAMED = /^\s*(?:"((?:[^"\\]|\\.)*)"|([^<>"\\,;:@()[\]]*))\s*<([^\s<>]+)>$/;

/** The parts of `Ops <ops@example.org>`; a text that is not spelled so is an address as a whole. */
export function mailboxOf(text: string): Mailbox {
  const [, quoted, plain = "", address] = NAMED.exec(text) ?? [];
  if (address === undefined) return { name: "", address: text };
  return { name: quoted === undefined ? plain.trim() : quoted.replaceAll(/\\(.)/g, "$1"), address };
}
