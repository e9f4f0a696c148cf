import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { kernelTest } from "../privilege.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

const OURS = `pid == ${String(process.pid)}`;

function openMissing(path: string): void {
  try {
    closeSync(openSync(path, "r"));
  } catch {
    // the name is what the test looks at
  }
}

/** Returns the values of expressions while this process opens each of the files. */
async function opening(
  event: Readonly<Record<string, string>>,
  paths: readonly string[],
  filter = 'starts_with(str(args.filename), "/bpfwarden-")',
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const probe = "tracepoint:syscalls:sys_enter_openat";
  await using loaded = new LoadedRule(
    JSON.stringify({ rule: "strings", probe, filter: `${OURS} and ${filter}`, event }),
  );
  for (const path of paths) openMissing(path);
  return loaded.records().map(({ fields }) => fields);
}

const FILE = "str(args.filename)";

kernelTest("strings are searched to their end", async () => {
  const long = `/bpfwarden-${"x".repeat(3000)}needle`;
  const event = {
    contains: `contains(${FILE}, "needle")`,
    ends: `ends_with(${FILE}, "needle")`,
    starts: `starts_with(${FILE}, "/bpfwarden-needle")`,
    glob: `glob(${FILE}, "/bpf*-*n[a-e]?dle")`,
    length: `len(${FILE})`,
  };
  const paths = [long, "/bpfwarden-needle", "/bpfwarden-needles", "/bpfwarden-nedle"];
  assert.deepEqual(await opening(event, paths), [
    { contains: true, ends: true, starts: false, glob: true, length: long.length },
    { contains: true, ends: true, starts: true, glob: true, length: 17 },
    { contains: true, ends: false, starts: true, glob: false, length: 18 },
    { contains: false, ends: false, starts: false, glob: false, length: 16 },
  ]);
});

kernelTest("a character of a pattern is one of UTF-8", async () => {
  const event = {
    one: `glob(${FILE}, "/bpfwarden-?")`,
    except: `glob(${FILE}, "/bpfwarden-[!a-z]")`,
    two: `glob(${FILE}, "/bpfwarden-??")`,
  };
  assert.deepEqual(await opening(event, ["/bpfwarden-é", "/bpfwarden-a", "/bpfwarden-€x"]), [
    { one: true, except: true, two: false },
    { one: true, except: false, two: false },
    { one: false, except: false, two: true },
  ]);
});

kernelTest("two strings that are known only at run time are compared", async () => {
  const other = `str(args.filename, 12)`;
  const event = {
    same: `${FILE} == str(args.filename)`,
    shorter: `${FILE} == ${other}`,
    prefix: `starts_with(${FILE}, ${other})`,
    not: `starts_with(${other}, ${FILE})`,
    among: `${FILE} in [comm, str(args.filename), "x"]`,
    comms: "comm == task.comm",
    parent: "comm == pcomm",
  };
  const commOf = (pid: number): string => readFileSync(`/proc/${String(pid)}/comm`, "utf8");
  const parent = commOf(process.pid) === commOf(process.ppid);
  assert.deepEqual(await opening(event, ["/bpfwarden-abc", "/bpfwarden-"]), [
    { same: true, shorter: false, prefix: true, not: false, among: true, comms: true, parent },
    { same: true, shorter: true, prefix: true, not: true, among: true, comms: true, parent },
  ]);
});

kernelTest("paths are compared, searched, and keys", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-paths-"));
  mkdirSync(join(folder, "inner"));
  const before = process.cwd();
  const exe = basename(process.execPath);
  const event = {
    cwd: "cwd",
    equal: `cwd == "${folder}"`,
    inside: `starts_with(cwd, "${folder}/")`,
    ends: 'ends_with(cwd, "/inner")',
    glob: 'glob(cwd, "/*/bpfwarden-paths-*/*")',
    exe: `contains(exe, "/${exe}") and exe != cwd`,
    chosen: 'cwd == "/" ? "root" : cwd',
  };
  const rule = {
    rule: "paths",
    probe: "tracepoint:syscalls:sys_enter_openat",
    filter: `${OURS} and str(args.filename) == "/bpfwarden-none"`,
    by: ["cwd"],
    aggregate: "count()",
    event,
  };
  try {
    await using loaded = new LoadedRule(JSON.stringify(rule));
    for (const each of [folder, join(folder, "inner"), "/"]) {
      process.chdir(each);
      openMissing("/bpfwarden-none");
    }
    const found = loaded.records().map(({ fields }) => fields);
    const inner = join(folder, "inner");
    assert.deepEqual(found, [
      { cwd: folder, equal: true, inside: false, ends: false, glob: false, exe: true, chosen: folder },
      { cwd: inner, equal: false, inside: true, ends: true, glob: true, exe: true, chosen: inner },
      { cwd: "/", equal: false, inside: false, ends: false, glob: false, exe: true, chosen: "root" },
    ]);
    const { rows, health } = await loaded.sample();
    const keys = rows.map(({ labels }) => String(labels["cwd"]));
    assert.deepEqual(new Set(keys), new Set(["/", folder, inner]));
    assert.equal(health.faulted, 0);
  } finally {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  }
});

kernelTest("arguments are those passed to execve, and afterwards the process's own", async () => {
  const rule = {
    rule: "arguments",
    probe: { any: ["tracepoint:syscalls:sys_enter_execve", "tracepoint:sched:sched_process_exec"] },
    filter: 'contains(argv(), "bpfwarden-argument") and not contains(argv(2), "bpfwarden-argument")',
    event: { all: "argv()", two: "argv(2)", three: "argv(3)", ppid: "ppid" },
  };
  await using loaded = new LoadedRule(JSON.stringify(rule));
  // A shell, whose memory is its own: what a process has from a fork, arm64 lets be read only once
  // it has touched it.
  const call = `read argument; exec /bin/echo "a b" "" "$argument"`;
  spawnSync("/bin/sh", ["-c", call], { input: "bpfwarden-argument\n" });
  const records = loaded.records().filter(({ fields }) => Object.values(fields).includes(process.pid));
  for (const { fields, truncated } of records) {
    assert.deepEqual(fields, {
      all: "/bin/echo a b  bpfwarden-argument",
      two: "/bin/echo a b",
      three: "/bin/echo a b ",
      ppid: process.pid,
    });
    assert.deepEqual(truncated, ["two", "three"]);
  }
  assert.equal(records.length, 2);
});

kernelTest("the path of a file, and of a dentry from the root of its file system", async () => {
  const event = { path: "path(task.mm.exe_file)", dentry: "path(task.fs.pwd.dentry)", place: "path(task.fs.pwd)" };
  const before = process.cwd();
  try {
    process.chdir("/proc/self");
    const [record] = await opening(event, ["/bpfwarden-x"]);
    assert.deepEqual(record, {
      path: process.execPath,
      dentry: `/${String(process.pid)}`,
      place: `/proc/${String(process.pid)}`,
    });
  } finally {
    process.chdir(before);
  }
});

kernelTest("buffers contain any bytes, up to the number of the rule or of the event", async () => {
  const event = {
    fixed: "buf(args.filename, 14)",
    short: "buf(args.filename, len(str(args.filename)), 64)",
    cut: "buf(args.filename, len(str(args.filename)), 5)",
  };
  const [record] = await opening(event, ["/bpfwarden-\u0001\u00e9"]);
  assert.deepEqual(record, {
    fixed: "/bpfwarden-\\x01\\xc3\\xa9",
    short: "/bpfwarden-\\x01\\xc3\\xa9",
    cut: "/bpfw",
  });
});

kernelTest("addresses that are known only at run time are compared", async () => {
  const v4 = 'cast(args.flags + 16777343 - args.flags, "u32")';
  const event = { same: `address(${v4}) == address(${v4})`, other: `address(${v4}) == address(cast(pid, "u32"))` };
  const [record] = await opening(event, ["/bpfwarden-x"]);
  assert.deepEqual(record, { same: true, other: false });
});
