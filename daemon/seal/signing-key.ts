import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import { hasErrno } from "../service/has-errno.ts";

/** The mode of the file: anyone who reads it can sign for this host. */
const MODE = 0o600;

/** Returns the private key of a text in PEM. Throws an error that shows nothing of it. */
export function signingKeyOf(pem: string, name: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new Error(`expected a private key in PEM in ${name}, found other content`);
  }
  if (key.asymmetricKeyType !== "ed25519")
    throw new Error(`expected an Ed25519 key in ${name}, found another kind of key: ${key.asymmetricKeyType}`);
  return key;
}

/**
 * Returns the private key in a file, and creates it with a new key if it is missing. Throws Node's
 * error if it can neither be read nor created.
 */
export async function signingKeyIn(path: string): Promise<KeyObject> {
  try {
    return signingKeyOf(await readFile(path, "utf8"), `"${path}"`);
  } catch (error) {
    if (!hasErrno(error) || error.code !== "ENOENT") throw error;
  }
  const { privateKey } = generateKeyPairSync("ed25519");
  await writeWhole(path, privateKey.export({ format: "pem", type: "pkcs8" }));
  return privateKey;
}

/** Writes a file whole or not at all: a full disk must not leave an empty key. */
async function writeWhole(path: string, text: string): Promise<void> {
  const part = `${path}.new`;
  await rm(part, { force: true });
  {
    await using handle = await open(part, "wx", MODE);
    await handle.writeFile(text);
    await handle.datasync();
  }
  await rename(part, path);
}
