import type { KeyObject } from "node:crypto";
import { HASH_BYTES } from "./merkle-hash.ts";
import { openNote, signNote, type VerifierKey } from "./note.ts";

/**
 * The state of a log at one time: the number of its lines, and the hash of its tree (C2SP,
 * tlog-checkpoint.md).
 */
export interface Checkpoint {
  /** the log */
  readonly origin: string;
  /** the number of lines */
  readonly size: number;
  readonly root: Buffer;
}

/** Returns a checkpoint as a signed note: three lines, an empty one and the signature. */
export function signCheckpoint({ origin, size, root }: Checkpoint, key: VerifierKey, privateKey: KeyObject): string {
  return signNote(`${origin}\n${size}\n${root.toString("base64")}\n`, key, privateKey);
}

/**
 * Returns the checkpoint of a note, or undefined if the key has not signed it, or it is something
 * else.
 */
export function openCheckpoint(note: string, key: VerifierKey): Checkpoint | undefined {
  const text = openNote(note, key);
  return text === undefined ? undefined : parseCheckpoint(text);
}

/** Returns the checkpoint that a note's text says, without looking at signatures. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const [origin = "", digits = "", encoded = ""] = text.split("\n");
  const root = Buffer.from(encoded, "base64");
  const isSize = /^(?:0|[1-9][0-9]{0,15})$/.test(digits) && Number.isSafeInteger(Number(digits));
  if (origin === "" || !isSize || root.length !== HASH_BYTES) return undefined;
  return { origin, size: Number(digits), root };
}
