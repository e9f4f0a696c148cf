import { hostname } from "node:os";
import { basename, join } from "node:path";
import { SealedLog, type SealedLogOptions } from "../audit/sealed-log.ts";
import { eventLine } from "../receivers/log/log-line.ts";
import type { SealSettings } from "../receivers/log-settings.ts";
import type { EventValue } from "../sample/sample.ts";
import { sealFolderOf } from "../seal/seal-folder.ts";
import { type Finding, Sealer } from "../seal/sealer.ts";
import { signingKeyIn, signingKeyOf } from "../seal/signing-key.ts";
import type { Clock } from "../service/clock.ts";
import type { Logger } from "../service/logger.ts";
import { resolveSecret, secretName } from "../settings/values/secret.ts";
import { timeText } from "../text/time-text.ts";

export interface SealHost {
  readonly clock: Clock;
  readonly logger: Logger;
  /** the settings' labels, on each line */
  readonly labels: () => Readonly<Record<string, string>>;
  /** the folder for a key of our own */
  readonly stateDir: () => string;
}

/** The file in the state folder with the key that signs if the settings name none. */
const KEY_FILE = "seal-key.pem";

/** Opens a log that is sealed. Its folder is opened with the first line. */
export function openSealedLog(
  options: Pick<SealedLogOptions, "path" | "maxBytes" | "keep" | "onRotationError">,
  { key }: SealSettings,
  host: SealHost,
): SealedLog {
  const { clock, logger, labels, stateDir } = host;
  const { path } = options;
  const origin = originOf(labels()["instance"] ?? hostname(), path);
  let isTroubled = false;
  return new SealedLog({
    ...options,
    openSealer: async () =>
      Sealer.open({
        ...{ folder: sealFolderOf(path), origin, time: () => timeText(clock.unixMs()) },
        privateKey:
          key === undefined
            ? await signingKeyIn(join(stateDir(), KEY_FILE))
            : signingKeyOf(resolveSecret(key), secretName(key)),
      }),
    findingLine: (finding) =>
      eventLine({ rule: "bpfwarden", timeNs: clock.unixNs(), fields: fieldsOf(finding), truncated: [] }, labels()),
    onSealTrouble: (error) => {
      if (error === undefined) logger.warn({ log: path }, "the log is sealed again");
      else if (!isTroubled)
        logger.error({ err: error, log: path }, "the log cannot be sealed: records are written, and sealed later");
      isTroubled = error !== undefined;
    },
    nowMs: () => clock.bootMs(),
  });
}

/**
 * Returns the name of a log in checkpoints. White space and `+` have a meaning there (C2SP,
 * signed-note.md).
 */
function originOf(instance: string, path: string): string {
  return `${instance}/bpfwarden/${basename(path)}`.replaceAll(/[\s+]/g, "-");
}

type Fields = Readonly<Record<string, EventValue>>;
const FIELDS: { readonly [Kind in Finding["kind"]]: (finding: Extract<Finding, { kind: Kind }>) => Fields } = {
  removed: ({ size }) => ({ event: "the seal was removed", sealed_records: size }),
  begins: () => ({ event: "the seal begins" }),
  "goes on": ({ size }) => ({ event: "the seal goes on", sealed_records: size }),
  "unsealed lines": ({ count }) => ({ event: "lines were found that were not sealed", lines: count }),
  cut: ({ bytes }) => ({ event: "the log was cut", missing_bytes: bytes }),
  "broken seal": ({ path, why }) => ({ event: "the seal was changed and a new one begins", moved_to: path, why }),
  "other key": ({ key }) => ({ event: "another key signs", key }),
};

function fieldsOf(finding: Finding): Fields {
  return (FIELDS[finding.kind] as (of: Finding) => Fields)(finding);
}
