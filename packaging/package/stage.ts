import { chmodSync, copyFileSync, globSync, lutimesSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { commandLine } from "../../daemon/cli/commands.ts";
import { completionScripts } from "../../daemon/cli/completion/scripts.ts";
import { root } from "../setup/paths.mjs";
import { writeBundle } from "./bundle.ts";
import { copyrightText } from "./copyright.ts";
import { type InstalledFile, installedFiles, PROGRAM } from "./installed-files.ts";
import { manPages } from "./man-pages.ts";
import { requiredPackages } from "./required-packages.ts";
import { type NativeFiles, nativeFiles } from "./locked-packages.ts";
import type { Architecture } from "./architectures.ts";
import { fullVersion, MAINTAINER, type Release } from "./release.ts";
import { command } from "./command.ts";

const DOCUMENTS = "usr/share/doc/bpfwarden";

/** A folder with the files of the package, as they are installed. */
export interface Stage {
  readonly folder: string;
  /** paths from the root of the system, such as "/etc/bpfwarden/bpfwarden.yaml" */
  readonly configuration: readonly string[];
}

/**
 * Fills a folder with what is installed. All files have the date of the release, and the modes
 * that Debian's policy asks for.
 * @param spare an empty folder
 */
export async function stage(
  folder: string,
  spare: string,
  architecture: Architecture,
  release: Release,
): Promise<Stage> {
  process.umask(0o022);
  const native = nativeFiles(architecture, spare);
  const files = installedFiles(architecture, native);
  for (const file of files) copy(folder, file);
  // Empty: the shipped rules are in the folder of the program.
  mkdirSync(join(folder, "etc/bpfwarden/rules.d"));
  stripped(join(folder, PROGRAM, "node"));
  await writeGenerated(folder, native, release);
  setDates(folder, release.unixSeconds);
  return { folder, configuration: files.filter(({ isConfiguration }) => isConfiguration).map(({ to }) => `/${to}`) };
}

function copy(folder: string, { from, to, isProgram }: InstalledFile): void {
  const path = join(folder, to);
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  copyFileSync(from, path);
  chmodSync(path, isProgram ? 0o755 : 0o644);
}

/**
 * Removes the symbols of Node.js, a fifth of its size. LLVM's tool does so for every architecture.
 */
function stripped(path: string): void {
  command("llvm-strip", [path]);
}

async function writeGenerated(folder: string, native: NativeFiles, release: Release): Promise<void> {
  const packages = await writeBundle(join(folder, PROGRAM));
  for (const [path, text] of await manPages(release.version, release.unixSeconds))
    write(folder, `usr/share/man/${path}.gz`, gzip(Buffer.from(text)));
  for (const [path, text] of await completions()) write(folder, path, text);
  write(folder, `${DOCUMENTS}/copyright`, copyrightText(native.nodeLicense, [...packages, ...requiredPackages()]));
  write(folder, `${DOCUMENTS}/changelog.gz`, gzip(readFileSync(join(root, "CHANGELOG.md"))));
  write(folder, `${DOCUMENTS}/changelog.Debian.gz`, gzip(Buffer.from(debianChangelog(release))));
}

async function completions(): Promise<ReadonlyMap<string, string>> {
  const program = await commandLine("", (error) => {
    throw error;
  });
  return completionScripts(program);
}

function debianChangelog(release: Release): string {
  const date = new Date(release.unixSeconds * 1000).toUTCString().replace("GMT", "+0000");
  const entry = `  * New version: see /usr/share/doc/bpfwarden/changelog.gz.`;
  return `bpfwarden (${fullVersion(release)}) unstable; urgency=medium\n\n${entry}\n\n -- ${MAINTAINER}  ${date}\n`;
}

/** Compresses without a date, so that the bytes depend on the text alone. */
function gzip(bytes: Buffer): Buffer {
  return gzipSync(bytes, { level: 9 });
}

function write(folder: string, to: string, content: string | Buffer): void {
  const path = join(folder, to);
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  writeFileSync(path, content, { mode: 0o644 });
}

function setDates(folder: string, unixSeconds: number): void {
  for (const path of globSync("**/*", { cwd: folder })) lutimesSync(join(folder, path), unixSeconds, unixSeconds);
}
