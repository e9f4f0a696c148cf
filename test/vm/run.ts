// `npm run test:vm [-- GUEST [PATTERN... | --all | --run COMMAND]]`: runs test files, or a shell
// command, in guests with other kernels; `-- SYSTEM` installs the package in a whole system. With
// `--all` and no name: the whole matrix.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inParallel } from "../runner/in-parallel.ts";
import { boot, type Machine } from "./boot.ts";
import { changedFiles, currentCommit, readWholeRun, WHOLE_RUN, type WholeRun } from "./changed-files.ts";
import { guestMachine } from "./guest-machine.ts";
import { guests } from "./guests.ts";
import { systemMachine } from "./systems/system-machine.ts";
import { systems } from "./systems/systems.ts";
import { ALL, taskOf } from "./task.ts";

/** Each keeps about one processor busy: tests run one after the other. */
const SIDE_BY_SIDE = 2;

const parameters = process.argv.slice(2);
const isWhole = parameters.length === 1 && parameters[0] === ALL;
const name = isWhole ? undefined : parameters[0];
const words = isWhole ? parameters : parameters.slice(1);
const changed = changedFiles();

/** A machine of the matrix, which is made when its turn comes. */
interface Run {
  readonly name: string;
  /** true if it is booted without being named, also if the run is not of the whole matrix */
  readonly isBrief: boolean;
  /** @param folder for images that are made anew */
  readonly machine: (folder: string) => Promise<Machine>;
}

const runs: readonly Run[] = [
  ...guests.map((guest) => ({
    name: guest.name,
    isBrief: true,
    machine: (folder: string) => guestMachine(guest, folder, taskOf(guest, words, changed)),
  })),
  ...systems.map((system) => ({
    name: system.name,
    isBrief:
      changedFiles(system.name)?.some((path) => system.subjects.some((subject) => path.startsWith(subject))) ?? false,
    machine: (folder: string) => systemMachine(system, folder),
  })),
];
const chosen = runs.filter((each) => (name === undefined ? isWhole || each.isBrief : each.name === name));
if (chosen.length === 0) {
  process.stderr.write(`test:vm: expected one of ${runs.map((each) => each.name).join(", ")}, found "${name}"\n`);
  process.exitCode = 2;
} else {
  const ends = await inParallel(chosen, SIDE_BY_SIDE, run);
  const failed = chosen.filter((_, index) => ends[index] !== 0);
  if (failed.length > 0) process.stdout.write(`failed in: ${failed.map((each) => each.name).join(", ")}\n`);
  process.exitCode = failed.length === 0 ? 0 : 1;
  if (isWhole && failed.length === 0) record({ commit: currentCommit(), machines: runs.map((each) => each.name) });
  const system = systems.find((each) => each.name === name);
  if (system !== undefined && failed.length === 0) recordSystem(system.name);
}

/** Notes what ran well, so that `npm run test:vm` can leave out what does not change. */
function record(whole: WholeRun): void {
  writeFileSync(WHOLE_RUN, `${JSON.stringify(whole, undefined, 2)}\n`);
  process.stdout.write(`it ran well: commit ${WHOLE_RUN}\n`);
}

function recordSystem(system: string): void {
  const whole = readWholeRun();
  record({ ...whole, systems: { ...whole.systems, [system]: currentCommit() } });
}

/**
 * Boots a machine. Gives its task's exit code, undefined where the machine ended before its task
 * did.
 */
async function run({ name: machineName, machine }: Run): Promise<number | undefined> {
  const startedMs = performance.now();
  const say = (line: string): void =>
    void process.stdout.write(chosen.length > 1 ? `${machineName}: ${line}\n` : `${line}\n`);
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-vm-"));
  try {
    const code = await boot(await machine(folder), say);
    const how = code === undefined ? "broke off" : code === 0 ? "ended well" : "failed";
    say(`${machineName} ${how} after ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
    return code;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
