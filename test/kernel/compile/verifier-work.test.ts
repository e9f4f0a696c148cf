import assert from "node:assert/strict";
import { kernelTest } from "../privilege.ts";
import { verifierWork } from "../support/verifier-work.ts";

const probe = "tracepoint:syscalls:sys_enter_openat";

/** Each name stands once for each number. */
const times = (count: number, expression: (index: number) => string): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`x${String(index)}`, expression(index)]));

/** Of the 1,000,000 instructions that a verifier walks. */
const TENTH = 100_000;

kernelTest("loops over texts cost a verifier once, however many texts and ways to them there are", () => {
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
      work !== undefined && work.instructions > 0 && work.instructions < TENTH,
      `${name}: ${JSON.stringify(work)}`,
    );
  }
});

kernelTest("a function that is only called where the program never gets is left out", () => {
  const filter = 'not (comm != "a longer text than a comm")';
  const rule = JSON.stringify({ rule: "work", probe, filter, event: { x: 'contains(exe, "bash")' } });
  assert.equal(verifierWork(rule).length, 1);
});
