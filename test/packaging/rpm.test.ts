import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import manifest from "../../package.json" with { type: "json" };
import { ARCHITECTURES, type Architecture } from "../../packaging/package/architectures.ts";
import { command } from "../../packaging/package/command.ts";
import type { Release } from "../../packaging/package/release.ts";
import { writeRpm } from "../../packaging/package/rpm.ts";
import { stage, type Stage } from "../../packaging/package/stage.ts";
import { filesIn } from "../../packaging/package/staged-files.ts";
import { findCommand } from "../../packaging/setup/presence.mjs";

const lacking = ["rpmbuild", "llvm-strip"].find((name) => findCommand(name) === undefined);
const skip = lacking !== undefined ? `${lacking} is missing` : process.geteuid?.() === 0 ? false : "needs root";
const folder = mkdtempSync(join(tmpdir(), "bpfwarden-rpm-test-"));
after(() => rmSync(folder, { recursive: true }));

const own = ARCHITECTURES.find(({ node }) => node === process.arch) as Architecture;
const FIRST: Release = { version: manifest.version, revision: "1", unixSeconds: 1_700_000_000 };
/** Compressing 120 MB takes longer than all of the tests. */
const UNCOMPRESSED = "w0.ufdio";

function newFolder(name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
}

function made(tree: Stage, revision: string): string {
  const spare = newFolder(`rpm-${revision}`);
  return writeRpm(tree, own, { ...FIRST, revision }, { out: folder, spare, payload: UNCOMPRESSED });
}

suite("the .rpm", { skip }, async () => {
  const tree = skip === false ? await stage(newFolder("staged"), newFolder("npm"), own, FIRST) : undefined;
  if (tree === undefined) return;
  const [older, newer] = [made(tree, "1"), made(tree, "2")];
  const root = newFolder("system");
  const rpm = (...args: readonly string[]): { readonly status: number | null; readonly text: string } => {
    const { status, stdout, stderr } = spawnSync("rpm", ["--root", root, ...args], { encoding: "utf8" });
    return { status, text: `${stdout}${stderr}` };
  };
  // The distribution of the test has no database of packages to depend on, and no systemd in the
  // folder.
  const install = (path: string): ReturnType<typeof rpm> => rpm("-U", "--nodeps", "--noscripts", path);
  const settings = join(root, "etc/bpfwarden/bpfwarden.yaml");

  test("has the files of the .deb, but for those that Debian's tools read", () => {
    const listed = command("rpm", ["-qp", "--queryformat", "[%{FILENAMES} %{FILEMODES:perms}\n]", older]).trim();
    const files = listed.split("\n").filter((line) => !line.endsWith("x") || !/ d/.test(line));
    const paths = files.map((line) => line.slice(1).split(" ", 1).join("")).toSorted();
    const ofDebian = ["usr/share/doc/bpfwarden/changelog.Debian.gz", "usr/share/lintian/overrides/bpfwarden"];
    assert.deepEqual(
      paths,
      filesIn(tree.folder).filter((path) => !ofDebian.includes(path)),
    );
  });

  test("is installed, runs, and is as it was packed", () => {
    const { status, text } = install(older);
    assert.equal(status, 0, text);
    const program = join(root, "usr/lib/bpfwarden");
    const main = join(program, "daemon/bundle/main.js");
    assert.equal(command(join(program, "node"), [main, "--version"]), `${manifest.version}\n`);
    assert.deepEqual(rpm("-V", "--nodeps", "bpfwarden"), { status: 0, text: "" });
  });

  test("keeps an administrator's settings at an upgrade, and refuses a downgrade", () => {
    appendFileSync(settings, "# changed\n");
    assert.equal(install(newer).status, 0);
    assert.match(readFileSync(settings, "utf8"), /# changed/);
    const { status, text } = install(older);
    assert.notEqual(status, 0);
    assert.match(text, /newer than/);
  });

  test("leaves nothing but changed settings when it is removed", () => {
    const { status, text } = rpm("-e", "--noscripts", "bpfwarden");
    assert.equal(status, 0, text);
    const left = globSync("**/*bpfwarden*", { cwd: root });
    assert.deepEqual(left.toSorted(), ["etc/bpfwarden", "etc/bpfwarden/bpfwarden.yaml.rpmsave"]);
  });
});
