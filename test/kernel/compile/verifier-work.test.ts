import assert from "node:assert/strict";
import { kernelTest } from "../privilege.ts";
import { verifierWork } from "../support/verifier-work.ts";

const probe = "tracepoint:syscalls:sys_enter_openat";

/** Each name stands once for each number. */
const times = (count: number, expression: (index: number) => string): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`x${String(index)}`, expression(index)]));

/** A seventh of the 1,000,000 instructions that a verifier walks. */
const MOST = 143_000;

kernelTest("loops over texts cost the verifier once, for any number of texts and paths", () => {
  const events = {
    paths: times(6, (index) => (index % 2 === 0 ? "cwd" : "exe")),
    patterns: times(12, (index) => `contains(cwd, "a${String(index)}")`),
    chosen: times(6, (index) => `uid == ${String(index)} ? cwd : exe`),
    arguments: times(6, (index) => `argv(${String(index + 1)})`),
  };
  for (const [name, event] of Object.entries(events)) {
    const rule = JSON.stringify({ rule: "work", probe, filter: 'contains(exe, "x") or cwd == "/"', event });
    const [work] = verifierWork(rule);
    assert.ok(
      work !== undefined && work.instructions > 0 && work.instructions < MOST,
      `${name}: ${JSON.stringify(work)}`,
    );
  }
});

kernelTest("a function that is called only in unreachable code is left out", () => {
  const filter = 'not (comm != "a longer text than a comm")';
  const rule = JSON.stringify({ rule: "work", probe, filter, event: { x: 'contains(exe, "bash")' } });
  assert.equal(verifierWork(rule).length, 1);
});

kernelTest("the verifier walks the parts for several system calls once for each call", () => {
  const calls = ["pselect6", "utimensat", "timer_gettime", "timer_delete", "getrlimit"];
  const workAt = (names: readonly string[]): number => {
    const any = names.map((name) => `tracepoint:syscalls:sys_exit_${name}`);
    // The number is another constant at each call, so that each has a part of its own.
    const event = { f: '(args.__syscall_nr >= 255) ? "sixteen bytes 16" : func', cwd: "cwd" };
    const rule = JSON.stringify({
      rule: "work",
      probe: { any },
      by: { k: "self ? argv() : exe" },
      aggregate: "count()",
      event,
    });
    return verifierWork(rule).reduce((sum, { instructions }) => sum + instructions, 0);
  };
  const [one, all] = [workAt(calls.slice(0, 1)), workAt(calls)];
  assert.ok(all < 2 * one, `${String(all)} for five, ${String(one)} for one`);
});

kernelTest("a table can be read at an index that was in the stack", () => {
  const number = 'cast(pid, "s64")';
  const rule = {
    rule: "work",
    probe: "rawtracepoint:sys_enter",
    with: { w1: "pid > 1", w2: number },
    aggregate: {
      a1: `last(syscall(${number}))`,
      a2: 'linear_histogram(cast(pid, "u64"), 0, 1000, 7)',
      a3: `last(${number} - (w1 ? ${number} : abs(w2)))`,
    },
  };
  assert.equal(verifierWork(JSON.stringify(rule)).length, 1);
});
