// `npm run test:vm [-- GUEST [PATTERN... | --all | --run COMMAND]]`: runs test files, or a shell
// command, in guests with other kernels. With `--all` and no guest: the whole matrix.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inParallel } from "../runner/in-parallel.ts";
import { boot } from "./boot.ts";
import { changedFiles, WHOLE_RUN } from "./changed-files.ts";
import { checkoutImage } from "./checkout-image.ts";
import { type Guest, guests } from "./guests.ts";
import { kernelImage } from "./kernel-image.ts";
import { packagesImage } from "./packages-image.ts";
import { ALL, taskOf } from "./task.ts";
import { userspaceImage } from "./userspace-image.ts";

/** Each keeps about one processor busy: tests run one after the other. */
const SIDE_BY_SIDE = 2;

const parameters = process.argv.slice(2);
const isWhole = parameters.length === 1 && parameters[0] === ALL;
const name = isWhole ? undefined : parameters[0];
const words = isWhole ? parameters : parameters.slice(1);
const chosen = name === undefined ? guests : guests.filter((guest) => guest.name === name);
const changed = changedFiles();
if (chosen.length === 0) {
  process.stderr.write(
    `test:vm: expected a guest of ${guests.map((guest) => guest.name).join(", ")}, found "${name}"\n`,
  );
  process.exitCode = 2;
} else {
  const ends = await inParallel(chosen, SIDE_BY_SIDE, run);
  const failed = chosen.filter((_, index) => ends[index] !== 0);
  if (failed.length > 0) process.stdout.write(`failed in: ${failed.map((guest) => guest.name).join(", ")}\n`);
  process.exitCode = failed.length === 0 ? 0 : 1;
  if (isWhole && failed.length === 0) record();
}

/** Notes that the matrix ran well, so that `npm run test:vm` can leave out what does not change. */
function record(): void {
  const ranOn = new Date().toISOString().slice(0, 10);
  writeFileSync(WHOLE_RUN, `${JSON.stringify({ ranOn, guests: guests.map((guest) => guest.name) }, undefined, 2)}\n`);
  process.stdout.write(`the whole matrix ran well: commit ${WHOLE_RUN}\n`);
}

/**
 * Boots a guest on its disks. Gives its task's exit code, undefined where the guest ended before
 * its task did.
 */
async function run(guest: Guest): Promise<number | undefined> {
  const startedMs = performance.now();
  const say = (line: string): void =>
    void process.stdout.write(chosen.length > 1 ? `${guest.name}: ${line}\n` : `${line}\n`);
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-vm-"));
  try {
    const disks = {
      root: await userspaceImage(guest.architecture),
      ...(await kernelImage(guest)),
      packages: await packagesImage(guest.architecture),
      checkout: await checkoutImage(folder, taskOf(guest, words, changed)),
    };
    const code = await boot(guest, disks, say);
    const how = code === undefined ? "broke off" : code === 0 ? "ended well" : "failed";
    say(`guest ${guest.name} ${how} after ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
    return code;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
