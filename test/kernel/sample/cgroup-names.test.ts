import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { kernelTest } from "../privilege.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

const MOUNT = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"].find((path) => existsSync(join(path, "cgroup.controllers")));
const ID = "c0ffee".padEnd(64, "0");

kernelTest("unit, container and pod of a process are those of its cgroup, as keys and in records", async () => {
  // A host with cgroups of version 1 alone has no such names.
  if (MOUNT === undefined) return;
  const folder = join(MOUNT, `bpfwarden-test-${process.pid}.service`);
  const inner = join(folder, `docker-${ID}.scope`);
  mkdirSync(inner, { recursive: true });
  try {
    const probe = "probe: tracepoint:syscalls:sys_enter_getpriority\nfilter: args.who == 1900800000\n";
    const parts = "{unit: unit, container: container, pod: pod, path: cgroup}";
    await using keyed = new LoadedRule(`rule: keyed\n${probe}by: ${parts}\naggregate: count()\n`);
    await using records = new LoadedRule(`rule: recorded\n${probe}event: ${parts}\n`);
    const script = "import os, sys; open(sys.argv[1], 'w').write('0'); os.getpriority(os.PRIO_PROCESS, 1900800000)";
    spawnSync("python3", ["-c", script, join(inner, "cgroup.procs")]);
    const expected = {
      unit: `docker-${ID}.scope`,
      container: ID.slice(0, 12),
      pod: "",
      path: inner.slice(MOUNT.length),
    };
    assert.deepEqual(
      records.records().map(({ fields }) => fields),
      [expected],
    );
    const { rows } = await keyed.sample();
    assert.deepEqual(
      rows.map(({ labels }) => labels),
      [expected],
    );
  } finally {
    rmdirSync(inner);
    rmdirSync(folder);
  }
});
