import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import manifest from "../../package.json" with { type: "json" };
import { ARCHITECTURES, type Architecture } from "../../packaging/package/architectures.ts";
import { PAGE_FILES } from "../../daemon/page/page-files.ts";
import { command } from "../../packaging/package/command.ts";
import { writeDeb } from "../../packaging/package/deb.ts";
import type { Release } from "../../packaging/package/release.ts";
import { stage, type Stage } from "../../packaging/package/stage.ts";
import { findCommand } from "../../packaging/setup/presence.mjs";
import { skipWithoutBpf } from "../kernel/privilege.ts";
import { openOverlay, type Overlay } from "./overlay.ts";
import { askForPage } from "./packaged-page.ts";

const lacking = ["dpkg-deb", "llvm-strip"].find((name) => findCommand(name) === undefined);
const isRoot = process.geteuid?.() === 0;
const folder = mkdtempSync(join(tmpdir(), "bpfwarden-package-test-"));
after(() => rmSync(folder, { recursive: true }));

const [amd64, arm64] = ARCHITECTURES as [Architecture, Architecture];
const own = process.arch === "x64" ? amd64 : arm64;
const FIRST: Release = { version: manifest.version, revision: "1", unixSeconds: 1_700_000_000 };
const SECOND: Release = { ...FIRST, revision: "2" };
/** Compressing 120 MB takes longer than all of the tests. */
const QUICK = ["-Znone"];

function newFolder(name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
}

async function staged(name: string, architecture: Architecture): Promise<Stage> {
  return stage(newFolder(name), newFolder(`${name}-npm`), architecture, FIRST);
}

suite("the package", { skip: lacking === undefined ? false : `${lacking} is missing` }, async () => {
  const tree = lacking === undefined ? await staged("first", own) : { folder, configuration: [] };
  const program = join(tree.folder, "usr/lib/bpfwarden");

  test("runs from its bundle, without the sources", () => {
    const main = join(program, "daemon/bundle/main.js");
    const run = (...args: readonly string[]): ReturnType<typeof spawnSync> =>
      spawnSync(join(program, "node"), [main, ...args], { cwd: "/", encoding: "utf8" });
    assert.equal(run("--version").stdout, `${manifest.version}\n`);
    const rules = join(tree.folder, "usr/share/bpfwarden/library/network");
    const { status, stdout, stderr } = run("test", rules);
    assert.deepEqual([status, stderr], [0, ""], String(stdout));
    assert.match(String(stdout), /\d+ tests? passed/);
  });

  test("serves the status page", { skip: skipWithoutBpf }, async () => {
    const names = ["", ...PAGE_FILES.map((name) => `page/${name}`)];
    const answers = await askForPage(program, newFolder("page"), names);
    assert.deepEqual(answers, new Map(names.map((name) => [name, 200])));
  });

  test("has completion where bash, zsh and fish look for it", () => {
    for (const [path, line] of [
      ["bash-completion/completions/bpfwarden", "complete -F _bpfwarden bpfwarden"],
      ["zsh/vendor-completions/_bpfwarden", "#compdef bpfwarden"],
      ["fish/vendor_completions.d/bpfwarden.fish", "complete -c bpfwarden -f"],
    ] as const)
      assert.ok(
        readFileSync(join(tree.folder, "usr/share", path), "utf8")
          .split("\n")
          .includes(line),
        path,
      );
  });

  test("has no path to a source in its bundle", () => {
    const scripts = globSync(join(program, "daemon/bundle/*.js"));
    const texts = scripts.map((path) => readFileSync(path, "utf8"));
    const programs = texts.flatMap((text) => [...text.matchAll(/new URL\("(.*?)", import\.meta\.url\)/g)]);
    const paths = new Set(programs.map(([, path]) => path));
    assert.deepEqual(paths, new Set(["./program-main.js", "./reader-main.js", "./store-thread.js"]));
    for (const [, path = ""] of programs) assert.ok(existsSync(join(program, "daemon/bundle", path)), path);
  });

  test("has the same bytes when it is made again", async () => {
    const digests = [tree, await staged("again", own)].map(({ folder: root, configuration }) => {
      const path = writeDeb({ folder: root, configuration }, own, FIRST, root, QUICK);
      const digest = createHash("sha256").update(readFileSync(path)).digest("hex");
      rmSync(path);
      return digest;
    });
    assert.equal(digests[0], digests[1]);
  });

  test("keeps administrators' changes of settings and logrotate", () => {
    assert.deepEqual(tree.configuration, ["/etc/logrotate.d/bpfwarden", "/etc/bpfwarden/bpfwarden.yaml"]);
  });

  test("can be made for the other architecture", async () => {
    const other = own === amd64 ? arm64 : amd64;
    const { folder: root } = await staged("other", other);
    const natives = [
      join(root, "usr/lib/bpfwarden/node"),
      ...globSync(join(root, "usr/lib/bpfwarden/build/**/*.node")),
    ];
    assert.equal(natives.length, 2);
    const machine = { arm64: /AArch64/, amd64: /X86-64/ }[other.debian] ?? /^$/;
    for (const path of natives) assert.match(command("readelf", ["-h", path]), machine);
    rmSync(root, { recursive: true });
  });

  suite("installed", { skip: isRoot ? false : "needs root" }, () => {
    let [older, newer] = ["", ""];
    // Opened by a test that runs, not by a suite whose tests are left out.
    let system: Overlay;
    before(() => {
      [older, newer] = [FIRST, SECOND].map((release) => writeDeb(tree, own, release, folder, QUICK)) as [
        string,
        string,
      ];
      system = openOverlay();
    });
    after(() => system.close());
    const dpkg = (...args: readonly string[]) => system.run("dpkg", ...args);
    const version = (): string => system.run("dpkg-query", "-W", "-f${db:Status-Status} ${Version}", "bpfwarden").text;
    const at = (path: string): string => join(system.root, path);

    test("runs, and is started with the system", () => {
      const { status, text } = dpkg("-i", older);
      assert.equal(status, 0, text);
      assert.equal(system.run("bpfwarden", "--version").text, `${manifest.version}\n`);
      assert.ok(existsSync(at("usr/lib/systemd/system/bpfwarden.service")));
      assert.equal(system.run("systemctl", "is-enabled", "bpfwarden").text, "enabled\n");
      const checked = system.run("bpfwarden", "check", "/etc/bpfwarden");
      assert.equal(checked.status, 0, checked.text);
      assert.match(checked.text, /4 rules in 3 files/);
    });

    test("keeps state and settings at an upgrade", () => {
      appendFileSync(at("etc/bpfwarden/bpfwarden.yaml"), "tick: 2s\n");
      writeFileSync(at("etc/bpfwarden/rules.d/own.yaml"), "# own\n");
      mkdirSync(at("var/lib/bpfwarden"));
      writeFileSync(at("var/lib/bpfwarden/state.db"), "state");
      const { status, text } = dpkg("-i", newer);
      assert.equal(status, 0, text);
      assert.equal(version(), `installed ${manifest.version}-2`);
      assert.match(readFileSync(at("etc/bpfwarden/bpfwarden.yaml"), "utf8"), /^tick: 2s$/m);
      assert.ok(existsSync(at("etc/bpfwarden/rules.d/own.yaml")));
      assert.equal(readFileSync(at("var/lib/bpfwarden/state.db"), "utf8"), "state");
    });

    test("refuses a downgrade, also after a removal", () => {
      const { status, text } = dpkg("-i", older);
      assert.equal(status, 1);
      assert.match(text, /a downgrade is refused, because this version cannot read the newer state/);
      assert.equal(version(), `installed ${manifest.version}-2`);
      assert.equal(dpkg("-r", "bpfwarden").status, 0);
      assert.equal(version(), `config-files ${manifest.version}-2`);
      assert.ok(!existsSync(at("usr/lib/bpfwarden")));
      assert.equal(readFileSync(at("var/lib/bpfwarden/state.db"), "utf8"), "state");
      assert.equal(dpkg("-i", older).status, 1);
    });

    test("leaves nothing after a purge", () => {
      const { status, text } = dpkg("-P", "bpfwarden");
      assert.equal(status, 0, text);
      const left = globSync("**/*bpfwarden*", { cwd: system.changes }).filter((path) => existsSync(at(path)));
      assert.deepEqual(left, []);
    });
  });
});
