import assert from "node:assert/strict";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { heldPrograms } from "../support/held-programs.ts";

const RULES = Object.fromEntries(
  ["first", "second", "third"].map((name) => [
    `${name}.yaml`,
    `rule: ${name}\nprobe: tracepoint:syscalls:sys_enter_getppid\naggregate: count()\n`,
  ]),
);

kernelTest("rules at one tracepoint share a program, and with --no-fuse each has its own", async () => {
  const own = Object.keys(RULES).length;
  await using together = await DaemonProcess.start({ rules: RULES });
  const [start, fused] = [1, 1];
  assert.equal(heldPrograms(together.pid), own + start + fused);
  await using apart = await DaemonProcess.start({ rules: RULES, parameters: ["--no-fuse"] });
  assert.equal(heldPrograms(apart.pid), own);
});
