import { checkTree, type TreeCheck } from "./check-tree.ts";
import { compareFiles } from "./compare-files.ts";
import { faultOf, type LogFault } from "./log-fault.ts";
import { keyText, parseKey, type VerifierKey } from "./note.ts";
import { readKeys, readMoments, sealFolderOf } from "./seal-folder.ts";
import { type SignedMoment, signedMoments } from "./signed-moments.ts";
import { TreeFiles } from "./tree-files.ts";
import type { WitnessedCheckpoint } from "./witness.ts";

export interface VerifyOptions {
  /** the log's file that is written now */
  readonly path: string;
  /** the keys that may have signed it; those in the seal's folder if not given, which prove less */
  readonly keys?: readonly VerifierKey[];
  /** checkpoints that left this host earlier */
  readonly witnessed: readonly WitnessedCheckpoint[];
}

/** The result of verifying a log. */
export interface LogVerdict {
  readonly path: string;
  /** without any, the log is as it was sealed */
  readonly faults: readonly LogFault[];
  /** the number of sealed records, and the time of the last checkpoint */
  readonly sealed: number;
  readonly sealedAt: string | undefined;
  /** the number of records that were found as they were sealed, and of their files */
  readonly intact: number;
  readonly files: number;
  /** the number of records at the begin of the log whose files are gone, as a rotation deletes them */
  readonly notKept: number;
  /** the number of lines at the end that no checkpoint covers yet */
  readonly unsealed: number;
  readonly keys: readonly string[];
  /** the number of witnesses' checkpoints that fit */
  readonly witnessed: number;
}

/** Verifies a log with its seal. Rejects with Node's error if files cannot be read. */
export async function verifyLog({ path, keys: pinned, witnessed }: VerifyOptions): Promise<LogVerdict> {
  const folder = sealFolderOf(path);
  const own = (await readKeys(folder)).flatMap((text) => parseKey(text) ?? []);
  const keys = pinned ?? own;
  const { signed, faults } = signedMoments(await readMoments(folder), keys, folder);
  const faultsBefore = [...faults, ...otherKeys(own, keys, folder)];
  const last = signed.at(-1);
  if (last === undefined) return notSealed(path, keys, faultsBefore);
  await using files = new TreeFiles(folder);
  const witness = witnessed.filter(({ checkpoint }) => checkpoint.origin === last.checkpoint.origin);
  const expected = [...signed, ...witness].map(({ checkpoint }) => checkpoint);
  const tree = await checkTree(files, last.checkpoint.size, expected);
  const { faults: fileFaults, ...counts } = await compareFiles(path, tree.leaves, files);
  return {
    ...{ path, keys: keys.map(keyText), sealed: last.checkpoint.size, sealedAt: last.time, ...counts },
    faults: [
      ...faultsBefore,
      ...treeFaults(folder, tree, signed),
      ...witnessFaults(path, tree, witness),
      ...fileFaults,
    ],
    witnessed: witness.filter(({ checkpoint }) => !tree.wrong.has(checkpoint)).length,
  };
}

function notSealed(path: string, keys: readonly VerifierKey[], faults: readonly LogFault[]): LogVerdict {
  return {
    ...{ path, sealed: 0, sealedAt: undefined, intact: 0, files: 0, notKept: 0, unsealed: 0, witnessed: 0 },
    keys: keys.map(keyText),
    faults: [...faults, faultOf(path, { kind: "not sealed" })],
  };
}

/**
 * Returns a fault for each key of the seal that is not expected; without expected keys, for each
 * but the first.
 */
function otherKeys(own: readonly VerifierKey[], expected: readonly VerifierKey[], folder: string): readonly LogFault[] {
  const texts = new Set((own === expected ? own.slice(0, 1) : expected).map(keyText));
  const others = own.map(keyText).filter((key) => !texts.has(key));
  return others.map((key) => faultOf(folder, { kind: "other key", key }));
}

/** Says between which checkpoints the hashes of records changed, or which of them are missing. */
function treeFaults(folder: string, tree: TreeCheck, signed: readonly SignedMoment[]): readonly LogFault[] {
  const { leaves, wrong, wrongLevels } = tree;
  const size = signed.at(-1)?.checkpoint.size ?? 0;
  const faults = wrongLevels.map((level) => faultOf(folder, { kind: "inner hashes changed", level }));
  if (leaves < size) faults.push(faultOf(folder, { kind: "hashes missing", record: leaves, count: size - leaves }));
  const firstWrong = signed.find(({ checkpoint }) => checkpoint.size <= leaves && wrong.has(checkpoint));
  if (firstWrong === undefined) return faults;
  const good = signed.filter(
    ({ checkpoint }) => !wrong.has(checkpoint) && checkpoint.size < firstWrong.checkpoint.size,
  );
  const record = good.at(-1)?.checkpoint.size ?? 0;
  return [...faults, faultOf(folder, { kind: "hashes changed", record, count: firstWrong.checkpoint.size - record })];
}

function witnessFaults(
  path: string,
  { wrong, leaves }: TreeCheck,
  witness: readonly WitnessedCheckpoint[],
): readonly LogFault[] {
  const unfit = witness.filter(({ checkpoint }) => wrong.has(checkpoint));
  return unfit.map(({ checkpoint: { size }, where }) =>
    faultOf(path, { kind: "witness", size, sealed: leaves, where }),
  );
}
