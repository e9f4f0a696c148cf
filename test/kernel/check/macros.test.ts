import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ALLOCATION_FLAGS } from "../../../bpf/check/macros/kernel/allocation-flags.ts";
import { TASK_FLAGS } from "../../../bpf/check/macros/kernel/task-flags.ts";
import { kernelMacro } from "../../../bpf/check/macros/macros.ts";
import { constantValue } from "../../../bpf/kernel/tracepoint/constant-expression.ts";
import { findTracefs } from "../../../bpf/kernel/tracefs.ts";

const HOST = { architecture: "x86_64", pageBytes: 4096 } as const;

/**
 * The flags that the kernel prints by name, with the C that they are, of this kernel's own format
 * file.
 */
function printedFlags(path: string): ReadonlyMap<string, bigint | undefined> {
  const format = readFileSync(path, "utf8");
  const pairs = format.matchAll(/\{([^{}]*?), "(\w+)" ?\}/g);
  return new Map([...pairs].map(([, text = "", name = ""]) => [name, constantValue(text, () => undefined)] as const));
}

function formatOf(event: string): string {
  return join(findTracefs(), "events", event, "format");
}

test("flags of allocations are those that the kernel prints", () => {
  const printed = printedFlags(formatOf("kmem/mm_page_alloc"));
  const known = [...printed].filter(([name]) => Object.hasOwn(ALLOCATION_FLAGS, name));
  assert.ok(known.length > 20, `only ${known.length} of ${printed.size}`);
  for (const [name, value] of known) assert.equal(kernelMacro(name, HOST), value, name);
});

/** The letters of ps(1) for states, with their macros. */
const LETTERS = {
  S: "TASK_INTERRUPTIBLE",
  D: "TASK_UNINTERRUPTIBLE",
  T: "__TASK_STOPPED",
  t: "__TASK_TRACED",
} as const;

test("states of threads are those that the kernel prints", () => {
  const printed = printedFlags(formatOf("sched/sched_switch"));
  for (const [letter, name] of Object.entries({ ...LETTERS, X: "EXIT_DEAD", Z: "EXIT_ZOMBIE", P: "TASK_PARKED" }))
    assert.equal(kernelMacro(name, HOST), printed.get(letter), name);
});

test("flags of threads are those of /proc, for a thread of the kernel and for this one", () => {
  const flagsOf = (pid: number | "self"): number =>
    Number(
      readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ")[6],
    );
  assert.ok(
    readFileSync("/proc/2/comm", "utf8") !== "kthreadd\n" || (flagsOf(2) & (TASK_FLAGS["PF_KTHREAD"] ?? 0)) !== 0,
  );
  assert.equal(flagsOf("self") & (TASK_FLAGS["PF_KTHREAD"] ?? 0), 0);
});
