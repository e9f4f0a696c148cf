import { createHash, createPublicKey, type KeyObject, sign, verify } from "node:crypto";

/**
 * Signed notes (C2SP, signed-note.md): a text, an empty line, and a line for each signature:
 * `— NAME BASE64`, the four bytes of the key's id before the signature.
 */

/** The algorithm byte of Ed25519 in a verifier key. */
const ED25519 = 1;
const ID_BYTES = 4;
const ED25519_SIGNATURE_BYTES = 64;
/** The DER bytes before an Ed25519 public key (RFC 8410, section 4). */
const SPKI_HEAD = Buffer.from("302a300506032b6570032100", "hex");
const RAW_KEY_BYTES = 32;

/** A key that signatures are verified with, and the name of its owner. */
export interface VerifierKey {
  readonly name: string;
  /** the first four bytes of a hash of name and key, in hexadecimal digits */
  readonly id: string;
  readonly key: KeyObject;
}

/** Returns the verifier key of a key pair's public or private key. */
export function verifierKey(name: string, key: KeyObject): VerifierKey {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  return { name, key: publicKey, id: idOf(name, rawKey(publicKey)) };
}

/** Returns a verifier key as text: `NAME+ID+BASE64`. */
export function keyText({ name, id, key }: VerifierKey): string {
  return `${name}+${id}+${Buffer.concat([Buffer.from([ED25519]), rawKey(key)]).toString("base64")}`;
}

/** Returns the verifier key that a text means, or undefined if it means no Ed25519 key. */
export function parseKey(text: string): VerifierKey | undefined {
  const [name = "", id = "", ...rest] = text.trim().split("+");
  const bytes = Buffer.from(rest.join("+"), "base64");
  if (name === "" || bytes.length !== RAW_KEY_BYTES + 1 || bytes[0] !== ED25519) return undefined;
  const raw = bytes.subarray(1);
  if (id !== idOf(name, raw)) return undefined;
  try {
    const key = createPublicKey({ key: Buffer.concat([SPKI_HEAD, raw]), format: "der", type: "spki" });
    return { name, id, key };
  } catch {
    return undefined;
  }
}

/** Signs a text, which ends with a line break, with a private key. */
export function signNote(text: string, { name, id }: VerifierKey, privateKey: KeyObject): string {
  const signature = sign(null, Buffer.from(text), privateKey);
  const bytes = Buffer.concat([Buffer.from(id, "hex"), signature]);
  return `${text}\n— ${name} ${bytes.toString("base64")}\n`;
}

/** Returns the text of a note that the key has signed, or undefined if it has not. */
export function openNote(note: string, { name, id, key }: VerifierKey): string | undefined {
  const end = note.lastIndexOf("\n\n");
  if (end < 0) return undefined;
  const text = note.slice(0, end + 1);
  const signatures = note.slice(end + 2).split("\n");
  const isSigned = signatures.some((line) => {
    if (!line.startsWith(`— ${name} `)) return false;
    const bytes = Buffer.from(line.slice(line.lastIndexOf(" ") + 1), "base64");
    const isOurs = bytes.length === ID_BYTES + ED25519_SIGNATURE_BYTES && bytes.toString("hex", 0, ID_BYTES) === id;
    return isOurs && verify(null, Buffer.from(text), key, bytes.subarray(ID_BYTES));
  });
  return isSigned ? text : undefined;
}

function idOf(name: string, raw: Buffer): string {
  const hash = createHash("sha256")
    .update(`${name}\n`)
    .update(Buffer.from([ED25519]))
    .update(raw);
  return hash.digest("hex").slice(0, ID_BYTES * 2);
}

function rawKey(key: KeyObject): Buffer {
  return key.export({ format: "der", type: "spki" }).subarray(SPKI_HEAD.length);
}
