import { type Checkpoint, openCheckpoint, parseCheckpoint } from "./checkpoint.ts";
import { HASH_BYTES, leafHash } from "./merkle-hash.ts";
import type { VerifierKey } from "./note.ts";
import { rootOfInclusion } from "./proofs.ts";

/**
 * A proof that a record is in a sealed log, as a file (C2SP, tlog-proof.md). Its extra data is the
 * record's line: the proof alone shows what was recorded.
 */
export interface RecordProof {
  /** the line without its line break */
  readonly line: Buffer;
  /** the number of the record, from 0 */
  readonly record: number;
  readonly hashes: readonly Buffer[];
  /** the signed note */
  readonly checkpoint: string;
}

const FIRST_LINE = "c2sp.org/tlog-proof@v1";
const EXTRA = "extra ";
const INDEX = "index ";

/** A record has at most this many hashes in its proof: trees of more than 2^63 leaves cannot be. */
const MOST_HASHES = 63;

export function proofText({ line, record, hashes, checkpoint }: RecordProof): string {
  const encoded = hashes.map((hash) => `${hash.toString("base64")}\n`).join("");
  return `${FIRST_LINE}\n${EXTRA}${line.toString("base64")}\n${INDEX}${record}\n${encoded}\n${checkpoint}`;
}

/** Returns the proof of a text, or undefined for another text, and for a proof without a line. */
export function parseProof(text: string): RecordProof | undefined {
  const end = text.indexOf("\n\n");
  const [first, extra = "", index = "", ...encoded] = text.slice(0, end).split("\n");
  const record = Number(index.slice(INDEX.length));
  const hashes = encoded.map((each) => Buffer.from(each, "base64"));
  const isForm = end >= 0 && first === FIRST_LINE && extra.startsWith(EXTRA) && /^index [0-9]{1,15}$/.test(index);
  if (!isForm || hashes.length > MOST_HASHES || hashes.some(({ length }) => length !== HASH_BYTES)) return undefined;
  return { line: Buffer.from(extra.slice(EXTRA.length), "base64"), record, hashes, checkpoint: text.slice(end + 2) };
}

/**
 * Checks a proof with the key of the log.
 * @returns the checkpoint that covers the record, or a text that says what is wrong
 */
export function checkProof({ line, record, hashes, checkpoint }: RecordProof, key: VerifierKey): Checkpoint | string {
  const opened = openCheckpoint(checkpoint, key);
  if (opened === undefined) return "the checkpoint is not signed by the key";
  const root = rootOfInclusion(record, opened.size, leafHash(line), hashes);
  return root?.equals(opened.root) === true ? opened : "the record is not in the log of the checkpoint";
}

/** Returns the name of the log that a proof is about, without checking it. */
export function originOfProof({ checkpoint }: RecordProof): string | undefined {
  return parseCheckpoint(checkpoint)?.origin;
}
