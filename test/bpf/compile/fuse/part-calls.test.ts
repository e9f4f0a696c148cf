import assert from "node:assert/strict";
import { test } from "node:test";
import { compileProgram, type CompileOptions } from "../../../../bpf/compile/compile-program.ts";
import type { ProgramSpec } from "../../../../bpf/compile/object-spec.ts";
import { routeCount, routesOf } from "../../../../bpf/compile/fuse/routes.ts";
import { build } from "../../../kernel/support/loaded-rule.ts";
import { fixtureKernel } from "../../kernel-fixture.ts";

const programsOf = (probe: string, rest = ""): readonly ProgramSpec[] =>
  build(`rule: part\nprobe: ${probe}\n${rest}aggregate: count()\n`, fixtureKernel()).object.programs;

/** The numbers of the calls at which the only program of a rule runs. */
const numbersOf = (probe: string, rest = ""): readonly number[] | undefined =>
  programsOf(probe, rest)[0]?.part?.calls?.numbers;

const ENTRY = "tracepoint:raw_syscalls:sys_enter";
const RETURN = "tracepoint:raw_syscalls:sys_exit";

test("a program is compiled as a part only if that is asked for", () => {
  const { checked } = build("rule: part\nprobe: rawtracepoint:sys_enter\naggregate: count()\n", fixtureKernel());
  const isPart = (options: CompileOptions): boolean =>
    compileProgram(checked, fixtureKernel(), options).programs[0]?.part !== undefined;
  assert.equal(isPart({ parts: true }), true);
  assert.equal(isPart({}), false);
});

test("a program at one system call runs at its number", () => {
  assert.deepEqual(numbersOf("tracepoint:syscalls:sys_enter_openat"), [257]);
  assert.deepEqual(
    numbersOf("{any: [tracepoint:syscalls:sys_exit_read, tracepoint:syscalls:sys_exit_openat]}"),
    [0, 257],
  );
});

test("a program at all system calls runs at the numbers that its filter names", () => {
  for (const probe of [ENTRY, RETURN]) {
    assert.deepEqual(numbersOf(probe, "filter: args.id in [5, 8]\n"), [5, 8]);
    assert.deepEqual(numbersOf(probe, "filter: compat and (args.id == 5 or args.id == 8)\n"), [5, 8]);
    assert.deepEqual(numbersOf(probe, "filter: pid != 1 and args.id == 1_000\n"), [1000]);
  }
  assert.deepEqual(numbersOf(RETURN, "filter: args.id in [7] or args.ret == 0 and args.id == 9\n"), [7, 9]);
});

test("a program runs at all calls if its filter may be true at all", () => {
  for (const filter of ["pid != 1", "args.id != 5", "args.id == 5 or pid == 7", "args.id > 5", "args.args[0] == 5"]) {
    assert.equal(numbersOf(ENTRY, `filter: ${filter}\n`), undefined, filter);
  }
  assert.equal(numbersOf(RETURN, "filter: args.ret == 5\n"), undefined);
});

test("a program runs at all calls if it may count a failed read before it looks at the number", () => {
  assert.equal(numbersOf(ENTRY, 'filter: str(uptr(args.args[0])) != "x" and args.id == 5\n'), undefined);
});

test("a part has a route for each of its numbers, and one for all that are too large", () => {
  assert.equal(routeCount(undefined), 1);
  assert.deepEqual(routesOf(undefined), [0]);
  assert.deepEqual(routesOf({ numbers: [7, 3, 7] }), [3, 7]);
  assert.deepEqual(routesOf({ numbers: [1000, -1, 512] }), [512]);
  assert.equal(routesOf({}).length, routeCount({}));
});
