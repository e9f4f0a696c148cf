// `npm run test:vm [-- GUEST [PATTERN...]]`: runs test files in guests with other kernels.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { boot } from "./boot.ts";
import { checkoutImage } from "./checkout-image.ts";
import { type Guest, guests } from "./guests.ts";
import { kernelImage } from "./kernel-image.ts";
import { packagesImage } from "./packages-image.ts";
import { userspaceImage } from "./userspace-image.ts";

const [chosen, ...patterns] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "bpfwarden-vm-"));
try {
  const failed: string[] = [];
  for (const guest of guestsNamed(chosen)) if (!(await runIn(guest))) failed.push(guest.name);
  if (failed.length > 0) process.stdout.write(`failed: ${failed.join(", ")}\n`);
  process.exitCode = failed.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}

function guestsNamed(name: string | undefined): readonly Guest[] {
  if (name === undefined) return guests;
  const guest = guests.find((each) => each.name === name);
  if (guest === undefined) throw new Error(`expected ${guests.map((each) => each.name).join(", ")}, found "${name}"`);
  return [guest];
}

async function runIn(guest: Guest): Promise<boolean> {
  const [root, kernel, packages] = [
    await userspaceImage(guest.architecture),
    await kernelImage(guest),
    await packagesImage(guest.architecture),
  ];
  const node = `node_modules/node-linux-${guest.architecture.node}/bin/node`;
  const task = `export CI=true BPFWARDEN_GUEST=${guest.name}\n${node} test/run.ts ${patterns.map(quoted).join(" ")}\n`;
  const disks = { root, packages, ...kernel, checkout: await checkoutImage(folder, task) };
  const code = await boot(guest, disks, (line) => process.stdout.write(`${line}\n`));
  if (code === undefined) process.stdout.write(`${guest.name}: the guest ended before its task did\n`);
  return code === 0;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
