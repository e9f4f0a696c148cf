import { randomBytes } from "node:crypto";
import { constants, closeSync, fstatSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../../service/make-folder.ts";

/** The file in the state folder. Its owner can tell if a text is one of the secrets. */
const FILE = "redaction-key";
const KEY_BYTES = 32;
const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

const keys = new Map<string, Buffer>();

/**
 * Returns the key of the hashes that stand for secrets. It is made once and kept in the state
 * folder, so that equal secrets have equal hashes after a restart too. If that is impossible, a key
 * holds until the process ends.
 */
export function redactionKey(stateDir: string): Buffer {
  return keys.getOrInsertComputed(stateDir, () => {
    const path = join(stateDir, FILE);
    return readKey(path) ?? makeKey(stateDir, path);
  });
}

function readKey(path: string): Buffer | undefined {
  try {
    const file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const key = fstatSync(file).isFile() ? readFileSync(file) : undefined;
      return key?.length === KEY_BYTES ? key : undefined;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

function makeKey(stateDir: string, path: string): Buffer {
  const key = randomBytes(KEY_BYTES);
  try {
    makeFolder(stateDir, 0o700);
    writeFileSync(path, key, { flag: "wx", mode: 0o600 });
  } catch {
    // Without a state folder, hashes differ after a restart.
  }
  return key;
}
