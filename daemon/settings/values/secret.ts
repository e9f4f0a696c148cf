import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/**
 * A text that must not be shown, or where to find it: `credential:NAME`, `file:PATH`, `env:NAME`;
 * `plain` is only for URLs.
 */
export type Secret =
  | { readonly from: "plain"; readonly value: string }
  | { readonly from: "credential" | "file" | "env"; readonly name: string };

/**
 * Parses `credential:NAME`, `file:PATH` (relative to `folder`) or `env:NAME`. Any other text is the
 * secret itself.
 */
export function parseSecret(text: string, folder: string): Secret {
  const match = /^(credential|file|env):(.+)$/s.exec(text);
  const name = match?.[2];
  if (name === undefined) return { from: "plain", value: text };
  if (match?.[1] === "file") return { from: "file", name: resolve(folder, name) };
  return { from: match?.[1] === "env" ? "env" : "credential", name };
}

/**
 * Returns the secret's value. Reads it each time, so that changes take effect. Credentials are
 * files in `$CREDENTIALS_DIRECTORY` (systemd.exec(5)). One line break at the end of a file is
 * ignored. Throws an error that says what is missing, without the value.
 */
export function resolveSecret(secret: Secret, environment: NodeJS.ProcessEnv = process.env): string {
  switch (secret.from) {
    case "plain":
      return secret.value;
    case "env":
      return fromEnvironment(secret.name, environment);
    case "file":
      return fromFile(secret.name, secretName(secret));
    case "credential":
      return fromCredential(secret.name, environment["CREDENTIALS_DIRECTORY"]);
  }
}

/**
 * Returns true if the secret is available here: a manual check has neither the service's
 * environment nor its credentials.
 */
export function isHere(secret: Secret, environment: NodeJS.ProcessEnv = process.env): boolean {
  if (secret.from === "env") return environment[secret.name] !== undefined;
  return secret.from === "file" || (secret.from === "credential" && environment["CREDENTIALS_DIRECTORY"] !== undefined);
}

/** Returns the name of a secret for messages. */
export function secretName(secret: Secret): string {
  return secret.from === "plain" ? "the settings" : `the secret "${secret.from}:${secret.name}"`;
}

function fromEnvironment(name: string, environment: NodeJS.ProcessEnv): string {
  const value = environment[name];
  if (value === undefined || value === "") throw new Error(`the environment variable "${name}" is not set`);
  return value;
}

function fromCredential(name: string, folder: string | undefined): string {
  const what = secretName({ from: "credential", name });
  if (!/^[^/]+$/.test(name) || name === "..") throw new Error(`${what} cannot be read: expected a name without "/"`);
  if (folder === undefined) {
    throw new Error(`${what} cannot be read: CREDENTIALS_DIRECTORY is not set; add LoadCredential=${name} to the unit`);
  }
  return fromFile(join(folder, name), what);
}

/** Bundles of certificates have some hundred KiB. */
const MAX_SECRET_BYTES = 1_048_576;

function fromFile(path: string, what: string): string {
  let text: string;
  try {
    text = readRegularFile(path).replace(/\r?\n$/, "");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const reason = code === "ENOENT" ? `${path} does not exist` : code || (error instanceof Error ? error.message : "");
    throw new Error(`${what} cannot be read: ${reason || "unknown error"}`, { cause: error });
  }
  if (text === "") throw new Error(`${what} is empty`);
  return text;
}

/** Reads a regular file. Opening a pipe does not wait, and a device is not read. */
function readRegularFile(path: string): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile())
      throw new Error(`expected a file, found ${stats.isDirectory() ? "a folder" : "a pipe, a socket or a device"}`);
    if (stats.size > MAX_SECRET_BYTES) throw new Error(`expected at most 1 MiB, found ${stats.size} bytes`);
    return readFileSync(fd, "utf8");
  } finally {
    closeSync(fd);
  }
}
