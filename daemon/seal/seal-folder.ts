import { constants } from "node:fs";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { hasErrno } from "../service/has-errno.ts";

/**
 * The folder of a log's seal, `LOG.seal`:
 * - `tree-0`, `tree-1`, …: hashes, see `tree-files.ts`;
 * - `checkpoints`: a line of JSON for each signed checkpoint, the last one is the newest;
 * - `segments`: a line of JSON for each file that the log began;
 * - `keys`: the public keys that checkpoints are signed with, one a line.
 */
export const sealFolderOf = (logPath: string): string => `${logPath}.seal`;

/** Returns the path of the log that a folder seals. */
export const logPathOf = (folder: string): string => folder.slice(0, -".seal".length);

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;

/** A signed checkpoint, and where the log ended then. */
export interface SealedMoment {
  readonly time: string;
  /** the signed note */
  readonly checkpoint: string;
  /** the number of lines that it covers */
  readonly size: number;
  /** the first line of the file that was written then: its number from 0 */
  readonly segment: number;
  /** the length of that file */
  readonly bytes: number;
}

/** A file of the log: the number of its first line. */
export interface Segment {
  readonly time: string;
  readonly first: number;
}

const CHECKPOINTS = "checkpoints";
const SEGMENTS = "segments";
const KEYS = "keys";

/** Creates the folder. It is for the owner and the log's group. */
export async function makeSealFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o750 });
}

/**
 * Returns the checkpoints, the newest last. That has the most records: the order in the file proves
 * nothing.
 */
export async function readMoments(folder: string): Promise<readonly SealedMoment[]> {
  const moments = (await linesOf(join(folder, CHECKPOINTS))).filter(isMoment);
  return moments.toSorted((a, b) => a.size - b.size);
}

/** Returns the newest checkpoint; undefined if the log is not sealed. */
export async function newestMoment(folder: string): Promise<SealedMoment | undefined> {
  return (await readMoments(folder)).at(-1);
}

export async function readSegments(folder: string): Promise<readonly Segment[]> {
  return (await linesOf(join(folder, SEGMENTS))).filter(isSegment);
}

/** Returns the texts of the public keys, the oldest first. */
export async function readKeys(folder: string): Promise<readonly string[]> {
  return (await textOf(join(folder, KEYS))).split("\n").filter((line) => line !== "");
}

/** The size at which old checkpoints are thinned out. */
const MAX_CHECKPOINT_BYTES = 4 << 20;
/** The newest checkpoints, which all stay. Of older ones one of each hour stays, up to a number. */
const KEPT_CHECKPOINTS = 4096;
const KEPT_HOURS = 1024;

/**
 * Adds a checkpoint. Those that cover fewer records are needed only to say when something changed:
 * most of the old ones go.
 */
export async function addMoment(folder: string, moment: SealedMoment): Promise<void> {
  const path = join(folder, CHECKPOINTS);
  if ((await appendLine(path, JSON.stringify(moment))) < MAX_CHECKPOINT_BYTES) return;
  const lines = thinned(await readMoments(folder)).map((kept) => `${JSON.stringify(kept)}\n`);
  await using handle = await open(`${path}.new`, "w", 0o640);
  await handle.writeFile(lines.join(""));
  await handle.datasync();
  await rename(`${path}.new`, path);
}

/** Leaves so few that the file is half its limit: it must not be written again with each checkpoint. */
export function thinned(moments: readonly SealedMoment[]): readonly SealedMoment[] {
  const old = moments.slice(0, -KEPT_CHECKPOINTS);
  const ofHours = [...new Map(old.map((moment) => [moment.time.slice(0, "2026-12-01T10".length), moment])).values()];
  const every = Math.ceil(ofHours.length / KEPT_HOURS);
  return [...ofHours.filter((_, index) => index % every === 0), ...moments.slice(-KEPT_CHECKPOINTS)];
}

export async function addSegment(folder: string, segment: Segment): Promise<void> {
  await appendLine(join(folder, SEGMENTS), JSON.stringify(segment));
}

export async function addKey(folder: string, key: string): Promise<void> {
  await appendLine(join(folder, KEYS), key);
}

/** Adds a line, and returns the size of the file before. A line that a crash has cut ends before it. */
async function appendLine(path: string, line: string): Promise<number> {
  await using handle = await open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o640);
  const { size } = await handle.stat();
  const isCut = size > 0 && !(await textOf(path, size - 1)).endsWith("\n");
  await handle.appendFile(`${isCut ? "\n" : ""}${line}\n`);
  await handle.datasync();
  return size;
}

async function linesOf(path: string): Promise<readonly unknown[]> {
  return (await textOf(path)).split("\n").map(parse);
}

async function textOf(path: string, from = 0): Promise<string> {
  try {
    if (from === 0) return await readFile(path, "utf8");
    await using handle = await open(path, "r");
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(1), 0, 1, from);
    return buffer.toString("latin1", 0, bytesRead);
  } catch (error) {
    if (hasErrno(error) && error.code === "ENOENT") return "";
    throw error;
  }
}

/** Returns the value of a line of JSON; undefined for a line that was cut. */
function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isMoment(value: unknown): value is SealedMoment {
  const { time, checkpoint, size, segment, bytes } = (value ?? {}) as Partial<SealedMoment>;
  const isText = typeof time === "string" && typeof checkpoint === "string";
  return isText && isCount(size) && isCount(segment) && isCount(bytes);
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

function isSegment(value: unknown): value is Segment {
  const { time, first } = (value ?? {}) as Partial<Segment>;
  return typeof time === "string" && isCount(first);
}
