import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { kernelTest } from "../privilege.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

const WORD = "bpfwarden-argument";
const OWN_FILE = "/proc/self/comm";

/** Returns the fields that a rule records while this process runs a program and reads a file. */
async function fieldsOf(rule: object, wanted: (fields: Readonly<Record<string, unknown>>) => boolean) {
  await using loaded = new LoadedRule(JSON.stringify({ rule: "spaces", ...rule }));
  spawnSync("/bin/echo", [WORD]);
  readFileSync(OWN_FILE);
  return loaded
    .records()
    .map(({ fields }) => fields)
    .find(wanted);
}

const text = (address: string): string => `str(cast(${address}, "char *"), 64)`;

kernelTest("an address of the process stays one through arrays, casts and numbers", async () => {
  const event = {
    element: text('cast(args.argv, "u64 *")[1]'),
    signed: text('cast(args.argv, "s64 *")[1]'),
    sum: text('cast(cast(args.argv, "u64") + 8, "u64 *")[0]'),
    chosen: text('pid > 1 ? cast(args.argv, "u64 *")[1] : 0'),
    greatest: text('greatest(cast(args.argv, "u64 *")[1], 1)'),
    narrowed: text('cast(args.argv, "u32 *")[2] | cast(cast(args.argv, "u32 *")[3], "u64") << 32'),
    named: text("second"),
    asked: 'str(uptr(cast(args.argv, "u64 *")[1]))',
  };
  const found = await fieldsOf(
    {
      probe: { probe: "tracepoint:syscalls:sys_enter_execve", with: { second: 'cast(args.argv, "u64 *")[1]' } },
      event,
    },
    ({ asked }) => asked === WORD,
  );
  assert.deepEqual(found, Object.fromEntries(Object.keys(event).map((name) => [name, WORD])));
});

kernelTest("pointers among a system call's arguments point into the memory of the process", async () => {
  const number = process.arch === "x64" ? 59 : 221;
  const raw = await fieldsOf(
    {
      probe: "tracepoint:raw_syscalls:sys_enter",
      filter: `args.id == ${String(number)}`,
      event: { text: text('cast(args.args[1], "u64 *")[1]') },
    },
    (fields) => fields["text"] === WORD,
  );
  assert.deepEqual(raw, { text: WORD });
  const register = process.arch === "x64" ? "args.regs.si" : "args.regs.regs[1]";
  const registers = await fieldsOf(
    {
      probe: "rawtracepoint:sys_enter",
      filter: `args.id == ${String(number)}`,
      event: { text: text(`cast(${register}, "u64 *")[1]`) },
    },
    (fields) => fields["text"] === WORD,
  );
  assert.deepEqual(registers, { text: WORD });
});

kernelTest("a kept address points into the memory that it was read from", async () => {
  const span = {
    from: "tracepoint:syscalls:sys_enter_openat",
    to: "tracepoint:syscalls:sys_exit_openat",
    keep: { at: 'cast(args.filename, "u64")' },
  };
  const event = { file: text("at") };
  assert.ok(await fieldsOf({ probe: span, event }, ({ file }) => file === OWN_FILE));
});

kernelTest("an address of the kernel stays one, even if other numbers are the process's", async () => {
  const event = {
    cast: 'path(cast(cast(task.mm.exe_file, "u64"), "file"))',
    element: 'path(cast(cast(task.files.fdt.fd, "u64 *")[args.fd], "file"))',
    exe: "exe",
    file: "path(task.files.fdt.fd[args.fd])",
  };
  const filter = `pid == ${String(process.pid)}`;
  const found = await fieldsOf(
    { probe: "tracepoint:syscalls:sys_enter_read", filter, event },
    ({ file }) => file === `/proc/${String(process.pid)}/comm`,
  );
  assert.deepEqual([found?.["cast"], found?.["element"]], [process.execPath, found?.["file"]]);
});
