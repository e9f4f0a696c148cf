import { readFileSync } from "node:fs";
import { parseKey, type VerifierKey } from "../../seal/note.ts";

/** A text on the command line that should be a key. */
export class WrongKey extends Error {}

/**
 * Returns the public keys that the command line names: the key itself, or a file with one key a
 * line. Throws WrongKey for another text.
 */
export function readVerifierKeys(given: readonly string[]): readonly VerifierKey[] {
  return given.flatMap((text) => {
    const key = parseKey(text);
    return key === undefined ? keysInFile(text) : [key];
  });
}

function keysInFile(path: string): readonly VerifierKey[] {
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "");
  const keys = lines.map(parseKey);
  if (keys.length === 0 || keys.includes(undefined))
    throw new WrongKey(`expected a key such as NAME+0123abcd+BASE64, or a file with keys, found "${path}"`);
  return keys.filter((key) => key !== undefined);
}
