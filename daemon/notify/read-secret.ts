import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Secret } from "../settings/settings.ts";

/**
 * The text that a secret stands for, without a line break at its end. Credentials are files in `$CREDENTIALS_DIRECTORY`
 * (systemd.exec(5), LoadCredential=). They are read at each use, so that a renewed one needs no reload. Throws, with the name and
 * never the value, where there is none.
 */
export function readSecret(secret: Secret, environment: NodeJS.ProcessEnv = process.env): string {
  switch (secret.from) {
    case "plain":
      return secret.value;
    case "env":
      return orMissing(environment[secret.name], `the environment variable "${secret.name}" is not set`);
    case "file":
      return readText(secret.name);
    case "credential": {
      const missing = `credential "${secret.name}": CREDENTIALS_DIRECTORY is not set`;
      const directory = orMissing(environment["CREDENTIALS_DIRECTORY"], missing);
      return readText(join(directory, basename(secret.name)));
    }
  }
}

function orMissing(value: string | undefined, message: string): string {
  if (value === undefined) throw new Error(message);
  return value;
}

function readText(path: string): string {
  return readFileSync(path, "utf8").replace(/\r?\n$/, "");
}
