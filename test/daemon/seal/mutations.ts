import {
  copyFileSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  appendFileSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { logFilesOf } from "../../../daemon/seal/log-files.ts";
import { sealFolderOf } from "../../../daemon/seal/seal-folder.ts";
import type { Random } from "../../kernel/compile/random-rules-random.ts";

/** A change of a sealed log, and the file and line where it must be found. */
export interface Mutation {
  readonly what: string;
  readonly path: string;
  /** a line that the fault must name; absent if it is not at one line */
  readonly line?: number;
}

type Mutate = (files: readonly string[], random: Random, logPath: string) => Mutation;

/** Changes the lines of one file. */
function ofLines(what: string, change: (lines: string[], at: number, random: Random) => number): Mutate {
  return (files, random) => {
    const path = random.pick(files);
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    const line = change(lines, random.between(0, lines.length - 2), random);
    writeFileSync(path, lines.map((each) => `${each}\n`).join(""));
    return { what, path, line };
  };
}

/** The kinds of changes that somebody with the rights to write there can make. */
export const MUTATIONS: readonly Mutate[] = [
  ofLines("a byte is another one", (lines, at, random) => {
    const line = lines[at] ?? "";
    const place = random.between(0, line.length - 1);
    lines[at] = `${line.slice(0, place)}${line[place] === "x" ? "y" : "x"}${line.slice(place + 1)}`;
    return at + 1;
  }),
  ofLines("a line is gone", (lines, at) => {
    lines.splice(at, 1);
    return at + 1;
  }),
  ofLines("some lines are gone", (lines, at, random) => {
    lines.splice(at, Math.min(random.between(1, 20), lines.length - 1 - at));
    return at + 1;
  }),
  ofLines("a line was added", (lines, at) => {
    lines.splice(at, 0, '{"rule":"bash-audit","user":"mallory"}');
    return at + 1;
  }),
  ofLines("a line is there twice", (lines, at) => {
    lines.splice(at, 0, lines[at] ?? "");
    return at + 2;
  }),
  ofLines("two lines changed places", (lines, at) => {
    [lines[at], lines[at + 1]] = [lines[at + 1] ?? "", lines[at] ?? ""];
    return at + 1;
  }),
  (files, random) => {
    const path = random.pick(files);
    const size = statSync(path).size;
    const text = readFileSync(path, "utf8");
    const cut = random.between(1, size - 2);
    truncateSync(path, cut);
    return { what: "the end of a file was cut", path, line: text.slice(0, cut).split("\n").length };
  },
  (files, random) => {
    const path = random.pick(files);
    const text = readFileSync(path, "utf8");
    const cut = text.indexOf("\n", random.between(0, Math.floor(text.length / 2))) + 1;
    truncateSync(path, cut);
    appendFileSync(path, '{"rule":"bash-audit","user":"nobody"}\n');
    return { what: "a file was cut, and another line follows", path, line: text.slice(0, cut).split("\n").length };
  },
  (files, random) => {
    const path = random.pick(files.slice(1));
    rmSync(path);
    return { what: "a file is gone", path };
  },
  (_files, random, logPath) => {
    const path = join(sealFolderOf(logPath), "tree-0");
    const bytes = readFileSync(path);
    const at = random.between(0, bytes.length - 1);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    return { what: "a bit of the hashes changed", path: sealFolderOf(logPath) };
  },
  (_files, random, logPath) => {
    const path = join(sealFolderOf(logPath), "checkpoints");
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    const at = random.between(0, lines.length - 1);
    const moment = JSON.parse(lines[at] ?? "") as { checkpoint: string };
    const place = random.between(0, moment.checkpoint.length - 13);
    const other = moment.checkpoint[place] === "A" ? "B" : "A";
    lines[at] = JSON.stringify({
      ...moment,
      checkpoint: `${moment.checkpoint.slice(0, place)}${other}${moment.checkpoint.slice(place + 1)}`,
    });
    writeFileSync(path, `${lines.join("\n")}\n`);
    return { what: "a checkpoint is another one", path: sealFolderOf(logPath) };
  },
  (_files, _random, logPath) => {
    rmSync(sealFolderOf(logPath), { recursive: true });
    return { what: "the seal is gone", path: logPath };
  },
];

/** Names changes that must be no fault: files that only changed their names. */
export function swapNames(files: readonly string[]): void {
  const [a, b] = files;
  if (a === undefined || b === undefined) return;
  copyFileSync(a, `${a}.tmp`);
  renameSync(b, a);
  renameSync(`${a}.tmp`, b);
}

/** Returns the paths of a log's files, the oldest first. */
export const filesOf = async (path: string): Promise<readonly string[]> =>
  (await logFilesOf(path)).map((file) => file.path);
