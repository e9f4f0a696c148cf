import { readFileSync } from "node:fs";
import { visible } from "../../../bpf/source/visible.ts";
import { faultLine, faultText, type LogFault } from "../../seal/log-fault.ts";
import { parseKey, type VerifierKey } from "../../seal/note.ts";
import { readKeys, sealFolderOf } from "../../seal/seal-folder.ts";
import { type LogVerdict, verifyLog } from "../../seal/verify-log.ts";
import { type WitnessedCheckpoint, witnessedIn } from "../../seal/witness.ts";
import { jsonLine } from "../../text/json-line.ts";
import { fail, reportHostTrouble } from "../host-trouble.ts";
import { readVerifierKeys, WrongKey } from "./read-keys.ts";
import { logPathsOf } from "./sealed-logs.ts";

export interface VerifyCommand {
  readonly config?: string;
  readonly key: readonly string[];
  readonly witness: readonly string[];
  readonly json?: boolean;
}

/** `bpfwarden audit verify`: says if sealed logs are as they were written. */
export async function verifyLogs(given: readonly string[], options: VerifyCommand): Promise<void> {
  const { config, key, witness, json } = options;
  try {
    const pinned = key.length === 0 ? undefined : readVerifierKeys(key);
    for (const path of await logPathsOf(given, config)) {
      const witnessed = await witnessesOf(path, witness, pinned);
      const verdict = await verifyLog({ path, witnessed, ...(pinned !== undefined && { keys: pinned }) });
      if (json === true) console.log(jsonLine(verdictJson(verdict, pinned !== undefined)));
      else say(verdict, pinned !== undefined, witness.length > 0);
      if (verdict.faults.length > 0) process.exitCode = 1;
      // Somebody who gives witnesses wants to know that they were compared.
      else if (witness.length > 0 && witnessed.length === 0)
        fail(`no checkpoint of "${visible(path)}" is in ${witness.map((file) => `"${visible(file)}"`).join(", ")}`);
    }
  } catch (error) {
    if (error instanceof WrongKey) fail(error.message, 2);
    else reportHostTrouble(error);
  }
}

async function witnessesOf(
  path: string,
  files: readonly string[],
  pinned: readonly VerifierKey[] | undefined,
): Promise<readonly WitnessedCheckpoint[]> {
  if (files.length === 0) return [];
  const keys = pinned ?? (await readKeys(sealFolderOf(path))).flatMap((text) => parseKey(text) ?? []);
  return files.flatMap((file) => witnessedIn(readFileSync(file, "utf8"), `"${visible(file)}"`, keys));
}

function verdictJson(verdict: LogVerdict, isPinned: boolean): object {
  const { faults, ...rest } = verdict;
  const described = faults.map(({ path, fault }) => ({ path, ...fault, message: faultText(fault) }));
  return { ...rest, intactLog: faults.length === 0, keysGiven: isPinned, faults: described };
}

function say(verdict: LogVerdict, isPinned: boolean, hasWitness: boolean): void {
  for (const fault of verdict.faults) console.error(faultTextWithPlace(fault));
  const { path, faults, sealed, sealedAt, intact, files, notKept, unsealed, keys, witnessed } = verdict;
  const number = (count: number): string => count.toLocaleString("en");
  const lines = [
    `${visible(path)}: ${faults.length === 0 ? "as it was sealed" : `${faults.length} faults`}`,
    `  ${number(intact)} of ${number(sealed)} sealed records found unchanged, in ${files} files`,
    ...(sealedAt === undefined ? [] : [`  sealed last at ${sealedAt}`]),
    ...(notKept > 0
      ? [`  the first ${number(notKept)} records are not here any more: their files were rotated away`]
      : []),
    ...(unsealed > 0 ? [`  ${number(unsealed)} lines at the end have no checkpoint yet: they are not proven`] : []),
    ...(hasWitness ? [`  ${witnessed} checkpoints of witnesses fit`] : []),
    ...keys.map((key) => `  key: ${key}`),
    ...(isPinned
      ? []
      : ["  the key is that beside the log: anyone who can write there could replace both. Give yours with --key"]),
  ];
  console.log(lines.join("\n"));
}

function faultTextWithPlace({ path, fault }: LogFault): string {
  const line = faultLine(fault);
  return `${visible(path)}${line === undefined ? "" : `:${line}`}: ${faultText(fault)} [audit]`;
}
