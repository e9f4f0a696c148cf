import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileOpener, OPENING_WAYS, OPENING_WAYS_32 } from "../loads/file-opens.ts";
import { kernelTest, skipWithoutBpf } from "../privilege.ts";
import { countedRows } from "../support/counted.ts";
import { libraryRule } from "../support/library-rules.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

const ALL_WAYS = [...OPENING_WAYS, ...OPENING_WAYS_32];
const ELOOP = 40;

/**
 * Opens files each way, and gives the ways that this kernel has: those that worked, or failed
 * because the file is a link to itself.
 */
function waysToOpen(path: string, folder: string): readonly string[] {
  const run = (ways: readonly string[]): string => {
    // int 0x80 ends a program where the kernel has no 32-bit table.
    const { stdout } = spawnSync(path, [`${folder}/`, ...ways], { encoding: "utf8" });
    return stdout;
  };
  const lines = `${run(OPENING_WAYS)}${run(OPENING_WAYS_32)}`.split("\n").map((line) => line.split(" "));
  return lines.flatMap(([way = "", result]) => (Number(result) >= 0 || Number(result) === -ELOOP ? [way] : []));
}

kernelTest("sensitive-file-opens sees every way to open a file", async () => {
  using program = fileOpener();
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-opens-"));
  for (const way of ALL_WAYS) writeFileSync(join(folder, way), "");
  try {
    await using rule = new LoadedRule(libraryRule("sensitive-file-opens").replaceAll("/root/.ssh/", `${folder}/`));
    const ways = waysToOpen(program.path, folder);
    assert.ok(ways.length >= 5, ways.join());
    const records = rule.records().filter(({ fields }) => fields["comm"] === "file-opens");
    const seen = new Set(records.map(({ fields }) => String(fields["file"]).slice(folder.length + 1)));
    assert.deepEqual(
      ways.filter((way) => !seen.has(way)),
      [],
      "ways that were not seen",
    );
    const writing = records.filter(({ fields }) => fields["writes"]).map(({ fields }) => String(fields["file"]));
    assert.deepEqual(
      writing.map((file) => file.slice(folder.length + 1)),
      ways.filter((way) => way.startsWith("creat")),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/**
 * True if io_uring reports which request has ended: since Linux 6.1, not only with which result.
 */
function tellsRequests(): boolean {
  return /\breq;/.test(readFileSync("/sys/kernel/tracing/events/io_uring/io_uring_complete/format", "utf8"));
}

kernelTest("failed-file-opens counts every way to open a file", async () => {
  using program = fileOpener();
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-opens-"));
  for (const way of ALL_WAYS) symlinkSync(way, join(folder, way));
  await using rule = new LoadedRule(libraryRule("failed-file-opens"));
  const ways = waysToOpen(program.path, folder);
  assert.ok(ways.length >= 5, ways.join());
  const [row] = await countedRows(rule, { comm: "file-opens", error: "ELOOP" });
  const told = ways.filter((way) => !way.startsWith("io_uring") || tellsRequests());
  assert.equal(row?.counts["value"], told.length);
  rmSync(folder, { recursive: true });
});

/**
 * The system calls that a rule is about, as the kernel's own table names them, and those that the
 * rule leaves out.
 */
const FAMILIES: readonly { readonly rule: string; readonly calls: RegExp; readonly except?: readonly string[] }[] = [
  { rule: "sensitive-file-opens", calls: /^(creat|open|open[a-z_]*at\d*)$/ },
  { rule: "failed-file-opens", calls: /^(creat|open|open[a-z_]*at\d*)$/ },
  {
    rule: "failed-stats",
    calls: /^(new)?[lf]?stat(at|x|fs)?\d*$|^f?access(at)?\d*$/,
    except: ["newfstat", "fstatfs", "fstat"],
  },
  { rule: "privilege-changes", calls: /^set(re|res|fs)?uid$/ },
  { rule: "slow-fsync", calls: /^(f(data)?sync|msync|sync_file_range\d*)$/ },
  { rule: "sync-calls", calls: /^sync(fs)?$/ },
  { rule: "mounts", calls: /^(u?mount\d*|move_mount)$/ },
  { rule: "futex-contention", calls: /^futex(_wait\w*)?$/ },
  { rule: "short-sleeps", calls: /^(clock_)?nanosleep$/ },
  { rule: "port-binds", calls: /^bind$/ },
];

const EVENTS = "/sys/kernel/tracing/events/syscalls";

for (const { rule, calls, except = [] } of FAMILIES)
  test(`${rule} names the system calls of this kernel for its subject`, { skip: skipWithoutBpf }, () => {
    const table = globSync("sys_enter_*", { cwd: EVENTS }).map((name) => name.replace("sys_enter_", ""));
    const own = table.filter((name) => calls.test(name) && !except.includes(name));
    const text = libraryRule(rule);
    assert.ok(own.length > 0);
    assert.deepEqual(
      own.filter((name) => !new RegExp(`syscalls:sys_(enter|exit)_${name}\\b`).test(text)),
      [],
    );
  });

const TABLE_32 = "/usr/include/x86_64-linux-gnu/asm/unistd_32.h";

if (process.arch === "x64")
  test("numbers of the 32-bit table are those of the kernel's header", () => {
    const numbers = [...readFileSync(TABLE_32, "utf8").matchAll(/#define __NR_(\w+) (\d+)/g)]
      .filter(([, name = ""]) => /^(creat|open|open[a-z_]*at\d*)$/.test(name))
      .map(([, , number]) => Number(number))
      .toSorted((a, b) => a - b);
    for (const rule of ["sensitive-file-opens", "failed-file-opens"]) {
      const lists = [...libraryRule(rule).matchAll(/TS_COMPAT|args\.id in \[([\d, ]{8,})\]/g)].flatMap(
        ([, list]) => list ?? [],
      );
      assert.ok(lists.length > 0);
      for (const list of lists) assert.deepEqual(list.split(",").map(Number), numbers, rule);
    }
  });
