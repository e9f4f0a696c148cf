import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { countEntries, recordingRule, reloaded, SETTINGS } from "./call-rules.ts";

const FIRST = recordingRule("first", 1);

function start(rules: Readonly<Record<string, string>> = { "first.yaml": FIRST }): Promise<DaemonProcess> {
  return DaemonProcess.start({ rules, settings: SETTINGS });
}

const attached = (daemon: DaemonProcess, rule: string): Promise<void> =>
  daemon.until(`${rule} to be attached`, () => countEntries(daemon, "attached", rule) > 0);
const detached = (daemon: DaemonProcess, rule: string): Promise<void> =>
  daemon.until(`${rule} to be detached`, () => countEntries(daemon, "detached", rule) > 0);

kernelTest("a file that is written, then deleted", async () => {
  await using daemon = await start();
  daemon.writeRule("second.yaml", recordingRule("second", 2));
  await attached(daemon, "second");
  unlinkSync(join(daemon.folder, "rules.d/second.yaml"));
  await detached(daemon, "second");
  assert.equal(countEntries(daemon, "detached", "first"), 0);
});

kernelTest("a file that is moved into the folder, and out of it", async () => {
  await using daemon = await start();
  const outside = join(daemon.folder, "moving.yaml");
  const inside = join(daemon.folder, "rules.d/moving.yaml");
  writeFileSync(outside, recordingRule("moving", 2));
  renameSync(outside, inside);
  await attached(daemon, "moving");
  renameSync(inside, outside);
  await detached(daemon, "moving");
});

kernelTest("a file of the same size and time that is renamed over another", async () => {
  await using daemon = await start();
  const path = join(daemon.folder, "rules.d/first.yaml");
  const { atime, mtime } = statSync(path);
  const temporary = join(daemon.folder, "rules.d/.first.yaml.dpkg-new");
  writeFileSync(temporary, recordingRule("other", 1));
  utimesSync(temporary, atime, mtime);
  renameSync(temporary, path);
  await attached(daemon, "other");
  await detached(daemon, "first");
});

kernelTest("a file whose mode is corrected", async () => {
  await using daemon = await start();
  const path = join(daemon.folder, "rules.d/open.yaml");
  await reloaded(daemon, () => {
    writeFileSync(path, recordingRule("open", 2));
    chmodSync(path, 0o666);
  });
  assert.equal(countEntries(daemon, "attached", "open"), 0);
  chmodSync(path, 0o644);
  await attached(daemon, "open");
});

kernelTest("a link to /dev/null removes a file", async () => {
  await using daemon = await start();
  const path = join(daemon.folder, "rules.d/first.yaml");
  symlinkSync("/dev/null", `${path}.new`);
  renameSync(`${path}.new`, path);
  await detached(daemon, "first");
});

kernelTest("rules.d that is deleted, created again and replaced", async () => {
  await using daemon = await start();
  const rules = join(daemon.folder, "rules.d");
  rmSync(rules, { recursive: true });
  await detached(daemon, "first");
  mkdirSync(rules);
  daemon.writeRule("second.yaml", recordingRule("second", 2));
  await attached(daemon, "second");

  const next = join(daemon.folder, "next");
  mkdirSync(next);
  writeFileSync(join(next, "third.yaml"), recordingRule("third", 3));
  renameSync(rules, join(daemon.folder, "previous"));
  renameSync(next, rules);
  await attached(daemon, "third");
  // The new folder is the one that is watched.
  daemon.writeRule("fourth.yaml", recordingRule("fourth", 4));
  await attached(daemon, "fourth");
});

kernelTest("the whole folder that is replaced", async () => {
  await using daemon = await start();
  const old = `${daemon.folder}-old`;
  const next = `${daemon.folder}-next`;
  mkdirSync(join(next, "rules.d"), { recursive: true });
  writeFileSync(join(next, "rules.d/second.yaml"), recordingRule("second", 2));
  renameSync(daemon.folder, old);
  renameSync(next, daemon.folder);
  await attached(daemon, "second");
  daemon.writeRule("third.yaml", recordingRule("third", 3));
  await attached(daemon, "third");
  rmSync(old, { recursive: true });
});

kernelTest("subfolders, links to files elsewhere, and a ConfigMap whose data is replaced", async () => {
  await using daemon = await start();
  const rules = join(daemon.folder, "rules.d");
  mkdirSync(join(rules, "network"));
  writeFileSync(join(rules, "network/below.yaml"), recordingRule("below", 2));
  await attached(daemon, "below");

  mkdirSync(join(daemon.folder, "shelf"));
  writeFileSync(join(daemon.folder, "shelf/rule.yaml"), recordingRule("linked", 3));
  symlinkSync("../../shelf/rule.yaml", join(rules, "network/linked.yaml"));
  await attached(daemon, "linked");
  writeFileSync(join(daemon.folder, "shelf/rule.yaml"), recordingRule("relinked", 3));
  await attached(daemon, "relinked");

  for (const [at, name] of ["mounted", "remounted"].entries()) {
    mkdirSync(join(rules, `..${at}`));
    writeFileSync(join(rules, `..${at}/rule.yaml`), recordingRule(name, 4));
    symlinkSync(`..${at}`, join(rules, "..data_tmp"));
    renameSync(join(rules, "..data_tmp"), join(rules, "..data"));
    if (at === 0) symlinkSync("..data/rule.yaml", join(rules, "mounted.yaml"));
    await attached(daemon, name);
  }
  await detached(daemon, "mounted");
  assert.equal(countEntries(daemon, "detached", "first"), 0);
});

kernelTest("SIGHUP reads everything again, without any change", async () => {
  await using daemon = await start();
  await reloaded(daemon, () => daemon.signal("SIGHUP"));
  assert.equal(countEntries(daemon, "attached"), 1);
});

kernelTest("many writes at once are few reloads, and the last one counts", async () => {
  await using daemon = await start();
  for (let n = 0; n <= 500; n++) daemon.writeRule("many.yaml", recordingRule(`many-${n}`, n));
  await attached(daemon, "many-500");
  assert.ok(countEntries(daemon, "reloaded") <= 10, daemon.output);
});

kernelTest("files that the daemon writes beside its rules do not cause a reload", async () => {
  await using daemon = await start();
  for (const name of ["alerts.jsonl", "bpfwarden.yaml~"]) writeFileSync(join(daemon.folder, name), "x\n");
  // What came before has been seen when this has.
  await reloaded(daemon, () => daemon.writeRule("second.yaml", recordingRule("second", 2)));
  await attached(daemon, "second");
  assert.equal(countEntries(daemon, "reloaded"), 1);
});

kernelTest("ignored files are reported once, with the reason", async () => {
  await using daemon = await start({ "first.yaml": FIRST, ".hidden.yaml": FIRST });
  const told = (name: string): number => daemon.output.split(`rules.d/${name}: `).length - 1;
  assert.match(daemon.output, /"msg":"ignored [^"]*\/rules\.d\/\.hidden\.yaml: hidden files are not read"/);
  await reloaded(daemon, () => daemon.writeRule("second.yaml.dpkg-new", FIRST));
  await reloaded(daemon, () => daemon.writeRule("second.yaml", recordingRule("second", 2)));
  await daemon.until("the other file to be told", () => told("second.yaml.dpkg-new") > 0);
  assert.deepEqual([told(".hidden.yaml"), told("second.yaml.dpkg-new")], [1, 1]);
});
