// `npm run package [-- ARCHITECTURE...]`: makes the packages of this checkout in dist/.
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { root } from "../setup/paths.mjs";
import { type Architecture, ARCHITECTURES } from "./architectures.ts";
import { writeDeb } from "./deb.ts";
import { writeRpm } from "./rpm.ts";
import { currentRelease } from "./release.ts";
import { filesIn, sizeKiB } from "./staged-files.ts";
import { stage } from "./stage.ts";
import { startTimes } from "./start-times.ts";

const OUT = join(root, "dist");

const words = process.argv.slice(2);
const chosen = ARCHITECTURES.filter(({ debian }) => words.length === 0 || words.includes(debian));
if (chosen.length < Math.max(words.length, 1)) {
  const known = ARCHITECTURES.map(({ debian }) => debian).join(" or ");
  process.stderr.write(`package: expected ${known}, found "${words.join(" ")}"\n`);
  process.exitCode = 2;
} else {
  mkdirSync(OUT, { recursive: true });
  for (const architecture of chosen) await make(architecture);
}

async function make(architecture: Architecture): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), "bpfwarden-package-"));
  try {
    const release = currentRelease();
    const folder = join(work, "root");
    const [spare, rpm] = [join(work, "npm"), join(work, "rpm")];
    for (const each of [folder, spare, rpm]) mkdirSync(each, { mode: 0o755 });
    const staged = await stage(folder, spare, architecture, release);
    const installedKiB = sizeKiB(folder, filesIn(folder));
    if (architecture.node === process.arch) say(startTimes(folder));
    report(writeDeb(staged, architecture, release, OUT), installedKiB);
    report(writeRpm(staged, architecture, release, { out: OUT, spare: rpm }), installedKiB);
  } finally {
    rmSync(work, { recursive: true });
  }
}

function report(path: string, installedKiB: number): void {
  const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  say(`${relative(root, path)}: ${mib(statSync(path).size)}, installed ${mib(installedKiB * 1024)}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
