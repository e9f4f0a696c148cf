import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SealedLog } from "../../../daemon/audit/sealed-log.ts";
import { type Finding, Sealer } from "../../../daemon/seal/sealer.ts";
import { sealFolderOf } from "../../../daemon/seal/seal-folder.ts";

export const ORIGIN = "host.example/bpfwarden/audit.jsonl";

export const newKey = (): KeyObject => generateKeyPairSync("ed25519").privateKey;

export interface Sealed extends AsyncDisposable {
  readonly folder: string;
  readonly path: string;
  readonly findings: readonly Finding[];
  readonly troubles: readonly unknown[];
  readonly log: SealedLog;
  /** writes lines, without their line breaks, in one write */
  write(...lines: readonly string[]): Promise<void>;
  /** closes the log, and opens it as the next process would, with another key if one is given */
  restart(privateKey?: KeyObject): Promise<void>;
}

/** A sealed log in a folder of its own. */
export function openSealed({ maxBytes = Infinity, keep = 100, privateKey = newKey() } = {}): Sealed {
  const folder = mkdtempSync(join(tmpdir(), "sealed-"));
  const path = join(folder, "audit.jsonl");
  const findings: Finding[] = [];
  const troubles: unknown[] = [];
  let seconds = 0;
  const open = (key: KeyObject): SealedLog =>
    new SealedLog({
      ...{ path, maxBytes, keep },
      onRotationError: (error) => void troubles.push(error),
      openSealer: async () =>
        Sealer.open({
          ...{ folder: sealFolderOf(path), origin: ORIGIN, privateKey: key },
          time: () => new Date(1_796_000_000_000 + seconds * 1000).toISOString(),
        }),
      findingLine: (finding) => {
        findings.push(finding);
        return JSON.stringify({ rule: "bpfwarden", ...finding });
      },
      onSealTrouble: (error) => void troubles.push(error),
      // A checkpoint with each write: a second has always passed.
      nowMs: () => ++seconds * 1000,
    });
  let log = open(privateKey);
  return {
    ...{ folder, path, findings, troubles },
    get log() {
      return log;
    },
    write: async (...lines) => log.write(Buffer.from(lines.map((line) => `${line}\n`).join(""))),
    async restart(key = privateKey) {
      await log.release();
      log = open(key);
    },
    async [Symbol.asyncDispose]() {
      await log.release();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Returns a line as a rule records it. */
export const recordLine = (number: number): string =>
  JSON.stringify({
    time: `2026-12-01T10:00:00.${String(number).padStart(9, "0")}Z`,
    rule: "bash-audit",
    number,
    user: "alice",
  });
