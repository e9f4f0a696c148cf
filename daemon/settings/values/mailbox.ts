/**
 * A mail address and the name that readers of a mail are shown for it, as RFC 5322 (section 3.4)
 * has them; the name may be empty.
 */
export interface Mailbox {
  readonly name: string;
  readonly address: string;
}

/** A name; if a character in it means something in a list of addresses, it is in quotes. */
const NAME = /^(?:"((?:[^"\\]|\\.)*)"|[^<>"\\,;:@()[\]]*)$/;

/** Returns the parts of `Ops <ops@example.org>`. A text of another form is an address as a whole. */
export function mailboxOf(text: string): Mailbox {
  const parts = splitMailbox(text);
  const [name, quoted] = NAME.exec(parts?.name ?? "<") ?? [];
  if (parts === undefined || name === undefined) return { name: "", address: text };
  return { name: quoted === undefined ? name : quoted.replaceAll(/\\(.)/g, "$1"), address: parts.address };
}

/** Splits `ANYTHING <ADDRESS>`; undefined for another form. */
export function splitMailbox(text: string): Mailbox | undefined {
  const at = text.lastIndexOf("<");
  const address = text.slice(at + 1, -1);
  if (at < 0 || !text.endsWith(">") || !/^[^\s<>]+$/.test(address)) return undefined;
  return { name: text.slice(0, at).trim(), address };
}
