import assert from "node:assert/strict";
import { chownSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { watchFolder } from "../../../daemon/rules/watch-folder.ts";

const RULE = "rule: r\nprobe: interval:1s\naggregate: count()\n";

/** A folder with `rules.d` and a shelf beside it, watched. */
class Watched implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), "watch-folder-"));
  changes = 0;
  #watcher: Disposable | undefined;

  constructor() {
    for (const name of ["etc/rules.d", "shelf"]) mkdirSync(join(this.root, name), { recursive: true });
  }

  path(name: string): string {
    return join(this.root, name);
  }

  watch(): void {
    const options = { folder: this.path("etc"), nowMs: () => performance.now() };
    this.#watcher = watchFolder({ ...options, onChange: () => this.changes++, onError: assert.ifError });
  }

  /** Does something, and waits until it has been seen. */
  async seen(what: () => void): Promise<void> {
    const before = this.changes;
    what();
    while (this.changes === before) await sleep(10);
    await this.quiet();
  }

  /** Waits until nothing has been seen for a while. */
  async quiet(): Promise<void> {
    for (let before = -1; before !== this.changes; await sleep(300)) before = this.changes;
  }

  [Symbol.dispose](): void {
    this.#watcher?.[Symbol.dispose]();
    rmSync(this.root, { recursive: true });
  }
}

const TIMEOUT = { timeout: 60_000 };

test("the target of a link is deleted, and written again", TIMEOUT, async () => {
  using watched = new Watched();
  writeFileSync(watched.path("shelf/r.yaml"), RULE);
  symlinkSync("../../shelf/r.yaml", watched.path("etc/rules.d/r.yaml"));
  watched.watch();
  await watched.seen(() => unlinkSync(watched.path("shelf/r.yaml")));
  await watched.seen(() => writeFileSync(watched.path("shelf/r.yaml"), RULE));
});

test("the target of a link is created later, with the folders above it", TIMEOUT, async () => {
  using watched = new Watched();
  symlinkSync("../../shelf/a/b/r.yaml", watched.path("etc/rules.d/r.yaml"));
  symlinkSync("../../shelf/team", watched.path("etc/rules.d/team"));
  watched.watch();
  for (const folder of ["shelf/a", "shelf/a/b"]) await watched.seen(() => mkdirSync(watched.path(folder)));
  await watched.seen(() => writeFileSync(watched.path("shelf/a/b/r.yaml"), RULE));
  await watched.seen(() => mkdirSync(watched.path("shelf/team")));
  await watched.seen(() => writeFileSync(watched.path("shelf/team/r.yaml"), RULE));
});

test("a folder above the target of a link is replaced, or becomes a file", TIMEOUT, async () => {
  using watched = new Watched();
  for (const release of ["rel1", "rel2"]) {
    mkdirSync(watched.path(`shelf/${release}/rules`), { recursive: true });
    writeFileSync(watched.path(`shelf/${release}/rules/r.yaml`), RULE);
  }
  symlinkSync("../../shelf/rel1/rules/r.yaml", watched.path("etc/rules.d/r.yaml"));
  watched.watch();
  await watched.seen(() => renameSync(watched.path("shelf/rel1"), watched.path("shelf/old")));
  await watched.seen(() => renameSync(watched.path("shelf/rel2"), watched.path("shelf/rel1")));
  await watched.seen(() => rmSync(watched.path("shelf/rel1"), { recursive: true }));
  await watched.seen(() => writeFileSync(watched.path("shelf/rel1"), ""));
  await watched.seen(() => unlinkSync(watched.path("shelf/rel1")));
});

test("settings that are the target of a link", TIMEOUT, async () => {
  using watched = new Watched();
  symlinkSync("../shelf/settings.yaml", watched.path("etc/bpfwarden.yaml"));
  watched.watch();
  await watched.seen(() => writeFileSync(watched.path("shelf/settings.yaml"), "tick: 1s\n"));
  await watched.seen(() => unlinkSync(watched.path("shelf/settings.yaml")));
});

test("a refused folder is watched by its own entry only", { ...TIMEOUT, skip: process.getuid?.() !== 0 }, async () => {
  using watched = new Watched();
  const folders = ["etc/rules.d/theirs", "shelf/theirs"].map((name) => watched.path(name));
  symlinkSync("../../shelf/theirs/r.yaml", watched.path("etc/rules.d/r.yaml"));
  symlinkSync("../../shelf/theirs", watched.path("etc/rules.d/team"));
  for (const folder of folders) {
    mkdirSync(folder);
    chownSync(folder, 65_534, 65_534);
  }
  watched.watch();
  for (const folder of folders) writeFileSync(join(folder, "r.yaml"), RULE);
  await watched.quiet();
  assert.equal(watched.changes, 0);
  for (const folder of folders) await watched.seen(() => chownSync(folder, 0, 0));
  for (const folder of folders) await watched.seen(() => writeFileSync(join(folder, "r.yaml"), RULE));
});

test("endless changes are handled less and less often, and the last one counts", TIMEOUT, async () => {
  using watched = new Watched();
  watched.watch();
  const startMs = performance.now();
  const path = watched.path("etc/rules.d/r.yaml");
  const end = (): number => performance.now() - startMs;
  for (let n = 0; watched.changes < 10; n++) {
    writeFileSync(path, `${RULE}# ${n}\n`);
    await sleep(70);
  }
  // Eight are free, and each of the others has to wait until two seconds have come for it.
  assert.ok(end() >= 4000 - 100, `10 changes in ${end()} ms`);
  await watched.seen(() => unlinkSync(path));
});
