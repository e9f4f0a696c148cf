import assert from "node:assert/strict";
import { readlinkSync } from "node:fs";
import { suite, test } from "node:test";
import { MountRoots } from "../../../../bpf/kernel/processes/mount-roots.ts";
import { skipWithoutBpf } from "../../../kernel/privilege.ts";
import { Dialogue } from "../../../kernel/support/c-program.ts";

/** A shell that enters a mount namespace of its own when it is asked to, as the same process. */
const SHELL = ["-c", `read line; exec unshare --mount sh -c 'echo in; read line'`] as const;

const isFound = async (roots: MountRoots, pid: number): Promise<boolean> =>
  (await roots.look()).some(({ pids }) => pids.includes(pid));

async function enter(shell: Dialogue): Promise<void> {
  assert.equal(await shell.ask(), "in");
  assert.notEqual(readlinkSync(`/proc/${shell.pid}/ns/mnt`), readlinkSync("/proc/self/ns/mnt"));
}

suite("roots of processes", { skip: skipWithoutBpf }, () => {
  test("a new process that leaves the host's files is found at the next look", async () => {
    await using shell = new Dialogue("sh", SHELL);
    const roots = new MountRoots();
    assert.equal(await isFound(roots, shell.pid), false);
    await enter(shell);
    assert.equal(await isFound(roots, shell.pid), true);
    assert.equal(await isFound(roots, shell.pid), true);
  });

  test("an old process that leaves them is found within fifteen looks", async () => {
    await using shell = new Dialogue("sh", SHELL);
    const roots = new MountRoots();
    for (let look = 0; look < 20; look++) assert.equal(await isFound(roots, shell.pid), false);
    await enter(shell);
    let looks = 1;
    while (!(await isFound(roots, shell.pid))) looks++;
    assert.ok(looks <= 15, `found at look ${looks}`);
  });
});
