import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { kernelTest } from "../privilege.ts";
import { CProgram, Dialogue } from "../support/c-program.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

/**
 * Calls `work` for each line that it reads; what comes before it in the file moves it to another
 * offset.
 */
const program = (before = "", name = "work"): string => String.raw`
  #include <stdio.h>
  ${before}
  __attribute__((noinline)) void ${name}(void) { __asm__ volatile(""); }
  int main(void) {
    char line[64];
    setbuf(stdout, NULL);
    puts("ready");
    while (fgets(line, sizeof line, stdin)) {
      ${name}();
      puts("done");
    }
    return 0;
  }
`;
const OTHER_BUILD = program("int padding(int x) { return x * x + x / 3 + 7; }");
const STATIC = ["-static", "-O1"];

const ruleOf = (path: string): string => `rule: work
probe: uprobe:${path}:work
by: [pid]
aggregate: count()
`;

async function start(command: string, ...parameters: readonly string[]): Promise<Dialogue> {
  const process = new Dialogue(command, parameters);
  assert.equal(await process.hear(), "ready");
  return process;
}

/**
 * A process with a mount namespace of its own, in which `mounts`, a shell command, comes before the
 * program starts.
 */
const contained = async (mounts: string, path: string): Promise<Dialogue> =>
  start("unshare", "--mount", "sh", "-c", `${mounts} && exec ${path}`);

/**
 * Returns the calls of `work` by each process since the last time, after each was asked so often.
 */
async function counted(rule: LoadedRule, ...asked: readonly (readonly [Dialogue, number])[]): Promise<number[]> {
  for (const [process, times] of asked) for (let time = 0; time < times; time++) await process.ask();
  const { rows } = await rule.sample();
  const of = ({ pid }: Dialogue): number =>
    rows.find(({ labels }) => labels["pid"] === String(pid))?.values[0]?.[0] ?? 0;
  return asked.map(([process]) => of(process));
}

kernelTest("files that rules follow", async (t) => {
  await t.test("a container's own build of a program, started before and after the rule", async () => {
    using host = new CProgram(program(), STATIC);
    const other = host.compile(OTHER_BUILD, STATIC, "other");
    await using plain = await start(host.path);
    await using before = await contained(`mount --bind ${other} ${host.path}`, host.path);
    await using rule = new LoadedRule(ruleOf(host.path));
    assert.deepEqual(await counted(rule, [plain, 3], [before, 2]), [3, 0]);
    const { changes, gaps } = await rule.follow();
    assert.match(changes.join(), /^attached to \/proc\/\d+\/root\S+$/);
    assert.deepEqual(gaps, []);
    await using after = await contained(`mount --bind ${other} ${host.path}`, host.path);
    // the same file as the other container's: nothing to attach
    assert.deepEqual(await rule.follow(), { changes: [], gaps: [] });
    assert.deepEqual(await counted(rule, [plain, 3], [before, 4], [after, 5]), [3, 4, 5]);
    const own = host.compile(OTHER_BUILD, STATIC, "own");
    await using third = await contained(`mount --bind ${own} ${host.path}`, host.path);
    assert.equal((await rule.follow()).changes.length, 1);
    assert.deepEqual(await counted(rule, [plain, 1], [third, 2], [before, 3]), [1, 2, 3]);
  });

  await t.test("a container that ends is released, also its file", async () => {
    using host = new CProgram(program(), STATIC);
    const other = host.compile(OTHER_BUILD, STATIC, "other");
    await using rule = new LoadedRule(ruleOf(host.path));
    {
      await using inside = await contained(`mount --bind ${other} ${host.path}`, host.path);
      await rule.follow();
      assert.deepEqual(await counted(rule, [inside, 2]), [2]);
    }
    assert.deepEqual(await rule.follow(), { changes: [], gaps: [] });
    const { changes } = await rule.follow();
    assert.match(changes.join(), /^detached from \/proc\/\d+\/root\S+: no process runs it any longer$/);
  });

  await t.test("a program that a package's upgrade replaces: the old one while it runs, and the new one", async () => {
    using host = new CProgram(program(), STATIC);
    await using rule = new LoadedRule(ruleOf(host.path));
    await using old = await start(host.path);
    renameSync(host.compile(OTHER_BUILD, STATIC, "new"), host.path);
    await using early = await start(host.path);
    assert.deepEqual((await rule.follow()).changes, [`attached to ${host.path}`]);
    await using late = await start(host.path);
    assert.deepEqual(await counted(rule, [old, 2], [early, 3], [late, 4]), [2, 3, 4]);
    assert.deepEqual((await rule.follow()).changes, []);
    assert.deepEqual(await counted(rule, [old, 5]), [5]);
  });

  await t.test("a file that is written to in place", async () => {
    using host = new CProgram(program(), STATIC);
    await using rule = new LoadedRule(ruleOf(host.path));
    const { ino } = statSync(host.path);
    copyFileSync(host.compile(OTHER_BUILD, STATIC, "new"), host.path);
    assert.equal(statSync(host.path).ino, ino);
    const { changes } = await rule.follow();
    assert.equal(changes.length, 2, changes.join());
    await using process = await start(host.path);
    assert.deepEqual(await counted(rule, [process, 3]), [3]);
  });

  await t.test("a missing program leaves a gap until it is back, and so does one without the function", async () => {
    using host = new CProgram(program(), STATIC);
    const [kept, without] = [join(host.folder, "kept"), host.compile(program("", "other_work"), STATIC, "without")];
    copyFileSync(host.path, kept);
    await using rule = new LoadedRule(ruleOf(host.path));
    rmSync(host.path);
    assert.deepEqual((await rule.follow()).gaps, [`nothing is watched: "${host.path}" is gone`]);
    renameSync(without, host.path);
    assert.deepEqual((await rule.follow()).gaps, [`${host.path} is not watched: it has no function "work"`]);
    writeFileSync(host.path, "#!/bin/sh\n");
    assert.deepEqual((await rule.follow()).gaps, [`${host.path} is not watched: not an ELF file`]);
    renameSync(kept, host.path);
    assert.deepEqual((await rule.follow()).gaps, []);
    await using process = await start(host.path);
    assert.deepEqual(await counted(rule, [process, 2]), [2]);
  });

  await t.test("a container whose program lacks the function is reported once, and is not a gap", async () => {
    using host = new CProgram(program(), STATIC);
    const without = host.compile(program("", "other_work"), STATIC, "without");
    await using rule = new LoadedRule(ruleOf(host.path));
    await using inside = await contained(`mount --bind ${without} ${host.path}`, host.path);
    const { changes, gaps, notes = [] } = await rule.follow();
    assert.match(changes.join(), /^\/proc\/\d+\/root\S+ is not watched: it has no function "work"$/);
    assert.deepEqual(gaps, []);
    assert.match(notes.join(), /^\/proc\/\d+\/root\S+: it has no function "work"$/);
    assert.deepEqual(await rule.follow(), { changes: [], gaps: [], notes });
    assert.deepEqual(await counted(rule, [inside, 2]), [0]);
  });

  await t.test("two containers of one image share a file, whose calls are counted once", async () => {
    using host = new CProgram(program(), STATIC);
    const [lower, merged] = ["lower", "merged"].map((name) => join(host.folder, name)) as [string, string];
    for (const folder of [lower, merged]) mkdirSync(folder);
    copyFileSync(host.compile(OTHER_BUILD, STATIC, "image"), join(lower, "program"));
    copyFileSync(host.path, join(merged, "program"));
    const path = join(merged, "program");
    const scratch = join(host.folder, "scratch");
    mkdirSync(scratch);
    const mounts = [
      `mount -t tmpfs none ${scratch}`,
      `mkdir ${scratch}/upper ${scratch}/work`,
      `mount -t overlay none -o lowerdir=${lower},upperdir=${scratch}/upper,workdir=${scratch}/work ${merged}`,
    ].join(" && ");
    await using rule = new LoadedRule(ruleOf(path));
    await using one = await contained(mounts, path);
    await using two = await contained(mounts, path);
    assert.equal((await rule.follow()).changes.length, 1);
    assert.deepEqual(await counted(rule, [one, 2], [two, 3]), [2, 3]);
  });

  await t.test("a chroot in the host's mount namespace, whose links stay within it", async () => {
    using host = new CProgram(program(), STATIC);
    const inside = join(host.folder, "root");
    mkdirSync(join(inside, host.folder), { recursive: true });
    mkdirSync(join(inside, "real"));
    host.compile(OTHER_BUILD, STATIC, "other");
    renameSync(join(host.folder, "other"), join(inside, "real/program"));
    symlinkSync("/real/program", join(inside, host.path));
    await using process = await start("chroot", inside, host.path);
    await using rule = new LoadedRule(ruleOf(host.path));
    assert.deepEqual((await rule.follow()).changes.length, 1);
    assert.deepEqual(await counted(rule, [process, 3]), [3]);
  });
});
