import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import { estimateDistinct } from "../../../bpf/compile/registers.ts";
import { kernelTest } from "../privilege.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

const PROBE = "tracepoint:syscalls:sys_enter_openat";
const SPAN = { from: PROBE, to: "tracepoint:syscalls:sys_exit_openat" };
const OURS = `pid == ${String(process.pid)}`;
const FILTER = `${OURS} and starts_with(str(args.filename), "/bpfwarden-cut-")`;

const start = "/bpfwarden-cut-";
const of = (length: number, character: string): string => start.padEnd(length, character);
/**
 * Paths in pairs. In each pair the first 300 bytes are the same. The second four have just as many
 * bytes as there is room for, and one more.
 */
const PATHS = [
  `${of(300, "a")}1`,
  `${of(300, "a")}2`,
  `${of(600, "a")}1`,
  `${of(3000, "a")}2`,
  of(255, "a"),
  of(256, "a"),
  of(255, "b"),
  `${of(254, "b")}é`,
];

function openAll(paths: readonly string[]): void {
  for (const path of paths) {
    try {
      closeSync(openSync(path, "r"));
    } catch {
      // the name is what the test looks at
    }
  }
}

interface Rule {
  readonly by: Readonly<Record<string, string>>;
  readonly probe?: unknown;
  readonly filter?: unknown;
}

/** The labels of the key `file` after each of the files was opened so often, sorted. */
async function filesOf(rule: Rule, paths: readonly string[] = PATHS): Promise<readonly (readonly [string, unknown])[]> {
  const yaml = { rule: "cut", probe: PROBE, filter: FILTER, aggregate: "count()", ...rule };
  await using loaded = new LoadedRule(JSON.stringify(yaml));
  openAll(paths);
  openAll(paths);
  const { rows } = await loaded.sample();
  return rows
    .map(({ labels, values }) => [labels["file"] ?? "", values[0]?.[0]] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** Each text is one key, whole where there is room for it, else marked and with its beginning. */
function assertDistinct(found: readonly (readonly [string, unknown])[], room: number, paths = PATHS): void {
  assert.equal(found.length, paths.length, JSON.stringify(found));
  for (const [file, count] of found) {
    assert.equal(count, 2, file);
    const [shown = "", ...marks] = file.split("…");
    if (marks.length === 0) assert.ok(paths.includes(file) && Buffer.byteLength(file) < room, file);
    else
      assert.ok(
        paths.some((path) => path.startsWith(shown) && Buffer.byteLength(path) >= room),
        file,
      );
  }
}

kernelTest("texts with one beginning are different keys, marked if they were cut", async () => {
  const file = "str(args.filename)";
  assertDistinct(await filesOf({ by: { file } }), 256);
  for (const room of [16, 64, 100, 200])
    assertDistinct(await filesOf({ by: { file: `str(args.filename, ${room})` } }), room);
  const chosen = `args.flags > 0 ? str(args.filename, 32) : str(args.filename, 40)`;
  assert.equal((await filesOf({ by: { file: chosen } })).length, PATHS.length);
});

kernelTest("texts that a span kept stay different after they were cut", async () => {
  const kept = { ...SPAN, filter: { from: FILTER }, keep: { name: "str(args.filename)" } };
  assertDistinct(await filesOf({ probe: kept, filter: "true", by: { file: "name" } }), 256);
  // alike in what stands before the mark of a key and in what a mark of the span stands for
  const between = ["1", "2", "3"].map((digit) => of(250, "b") + digit + "b".repeat(100));
  assertDistinct(await filesOf({ probe: kept, filter: "true", by: { file: "name" } }, between), 256, between);
  const short = { ...kept, keep: { name: "str(args.filename, 24)" } };
  assertDistinct(await filesOf({ probe: short, filter: "true", by: { file: "name" } }), 24);
  assert.equal((await filesOf({ probe: kept, filter: "true", by: { file: "str(name, 40)" } })).length, PATHS.length);
});

kernelTest("distinct counts texts with one beginning separately", async () => {
  const many = Array.from({ length: 40 }, (_, index) => `${of(400, "d")}${index}`);
  await using loaded = new LoadedRule(
    JSON.stringify({ rule: "cut", probe: PROBE, filter: FILTER, aggregate: "distinct(str(args.filename))" }),
  );
  openAll(many);
  openAll(many);
  const { rows } = await loaded.sample();
  assert.equal(rows[0]?.values[0]?.length, 40);
});

kernelTest("bytes that are not text, and a text with the same escapes, are two keys", async () => {
  await using loaded = new LoadedRule(
    JSON.stringify({
      rule: "cut",
      probe: PROBE,
      filter: FILTER,
      aggregate: "count()",
      by: { file: "str(args.filename)" },
    }),
  );
  const paths = [Buffer.from(`${start}\xff`, "latin1"), `${start}\\xff`, `${start}\\x5cxff`, `${start}\\x2d`];
  for (const path of paths) {
    assert.throws(() => openSync(path, "r"));
  }
  const { rows } = await loaded.sample();
  assert.deepEqual(
    rows.map(({ labels }) => labels["file"] ?? "").toSorted((a, b) => (a < b ? -1 : 1)),
    [`${start}\\x2d`, `${start}\\x5cx5cxff`, `${start}\\x5cxff`, `${start}\\xff`],
  );
});

const EXEC = "tracepoint:sched:sched_process_exec";
const RUN = `ppid == ${String(process.pid)}`;

const EXECVE = "tracepoint:syscalls:sys_enter_execve";
const KEEPS_TWO = { from: EXECVE, to: EXEC, keep: { all: "argv(2)" } };

/** Runs `true` with each of the arguments. */
function runAll(all: readonly string[]): void {
  for (const argument of all) assert.equal(spawnSync("/bin/true", ["first", argument]).status, 0);
}

kernelTest("arguments that end within the last one are marked as cut", async () => {
  await using loaded = new LoadedRule(
    JSON.stringify({ rule: "cut", probe: EXEC, filter: RUN, event: { all: "argv()" } }),
  );
  runAll(["x".repeat(100), "x".repeat(4080), "x".repeat(4083), "x".repeat(9000)]);
  const found = loaded.records().map(({ fields, truncated }) => [String(fields["all"]).length, truncated]);
  // "/bin/true first " is 16 bytes; nobody can know if 4095 bytes are all of it
  assert.deepEqual(found.slice(0, 1), [[116, []]]);
  assert.deepEqual(
    found.slice(2).map(([, truncated]) => truncated),
    [["all"], ["all"]],
  );
});

kernelTest("arguments and paths have as many keys as texts", async () => {
  await using loaded = new LoadedRule(
    JSON.stringify({ rule: "cut", probe: EXEC, filter: RUN, aggregate: "count()", by: { all: "argv()" } }),
  );
  const long = "y".repeat(300);
  runAll([`${long}1`, `${long}2`, `${long}2`, `${long}23`, "short"]);
  const { rows } = await loaded.sample();
  const counts = rows.map(({ labels, values }) => [labels["all"]?.includes("…#"), values[0]?.[0]]);
  assert.deepEqual(
    counts.toSorted((a, b) => String(a).localeCompare(String(b))),
    [
      [false, 1],
      [true, 1],
      [true, 1],
      [true, 2],
    ],
  );
});

const PARTIAL = { direct: { probe: EXEC, by: { all: "argv(2)" } }, kept: { probe: KEEPS_TWO, by: { all: "all" } } };

kernelTest("cut lists of arguments are marked in keys, even if the text had room left", async () => {
  const long = "z".repeat(238);
  for (const [name, rule] of Object.entries(PARTIAL)) {
    await using loaded = new LoadedRule(JSON.stringify({ rule: "cut", filter: RUN, aggregate: "count()", ...rule }));
    const given = [
      ["one"],
      ["one"],
      ["one", "two"],
      ["one", "three"],
      [`${long}1`, "x"],
      [`${long}2`, "x"],
      [`${long}2`],
    ];
    for (const each of given) assert.equal(spawnSync("/bin/true", each).status, 0);
    const { rows } = await loaded.sample();
    const counts = rows.map(({ labels, values }) => [labels["all"]?.replace(/#.*/, "#"), values[0]?.[0]]);
    const expected = [
      ["/bin/true one", 2],
      ["/bin/true one…", 2],
      [`/bin/true ${long}2`, 1],
      [`/bin/true ${long}…#`, 1],
      [`/bin/true ${long}…#`, 1],
    ];
    assert.deepEqual(counts.map(String).toSorted(), expected.map(String).toSorted(), name);
    assert.equal(new Set(rows.map(({ labels }) => labels["all"])).size, 5);
  }
});

kernelTest("records name the texts that were cut before they were sent", async () => {
  const truncatedOf = async (rule: object): Promise<unknown> => {
    await using loaded = new LoadedRule(JSON.stringify({ rule: "cut", filter: RUN, ...rule }));
    for (const each of [["one"], ["one", "two"]]) assert.equal(spawnSync("/bin/true", each).status, 0);
    const records = loaded.records();
    assert.ok(records.every(({ fields }) => Object.values(fields).every((text) => text === "/bin/true one")));
    return records.map(({ truncated }) => truncated);
  };
  const short = { ...KEEPS_TWO, keep: { all: "str(argv(2), 32)" } };
  for (const probe of [KEEPS_TWO, short])
    assert.deepEqual(await truncatedOf({ probe, event: { all: "all", direct: "argv(2)" } }), [[], ["all", "direct"]]);
  assert.deepEqual(await truncatedOf({ probe: short, event: { all: "all" } }), [[], ["all"]]);
  assert.deepEqual(await truncatedOf({ probe: EXEC, event: { all: "str(argv(2), 32)" } }), [[], ["all"]]);
});

kernelTest("an argument with a space is not two arguments", async () => {
  await using loaded = new LoadedRule(
    JSON.stringify({ rule: "cut", probe: EXEC, filter: RUN, aggregate: "count()", by: { all: "argv()" } }),
  );
  for (const given of [["a b"], ["a", "b"], ["a", "b"], ["a'b", ""], ["'a"], []]) spawnSync("/bin/true", given);
  const { rows } = await loaded.sample();
  const counts = rows.map(({ labels, values }) => [labels["all"], values[0]?.[0]] as const);
  assert.deepEqual(
    new Map(counts),
    new Map([
      ["/bin/true 'a b'", 1],
      ["/bin/true a b", 2],
      ["/bin/true 'a'\\''b' ''", 1],
      ["/bin/true ''\\''a'", 1],
      ["/bin/true", 1],
    ]),
  );
});

const ARGUMENTS = { from: EXECVE, to: EXEC, keep: { all: "argv()" } };

kernelTest("arguments that a span has kept are shown and compared like others", async () => {
  const found = (filter: string): LoadedRule =>
    new LoadedRule(
      JSON.stringify({ rule: "cut", probe: ARGUMENTS, event: { all: "all" }, filter: `${RUN} and ${filter}` }),
    );
  const tests = [
    'all == "/bin/true a b c"',
    'starts_with(all, "/bin/true a")',
    'ends_with(all, "b c")',
    "len(all) == 15",
  ];
  for (const filter of [...tests, 'glob(all, "* a b c")', 'contains(all, "e a ")', "all == argv()"]) {
    await using loaded = found(filter);
    spawnSync("/bin/true", ["a b", "c"]);
    spawnSync("/bin/true", ["others"]);
    const shown = loaded.records().map(({ fields }) => fields["all"]);
    assert.deepEqual(
      shown,
      filter.endsWith("argv()") ? ["/bin/true a b c", "/bin/true others"] : ["/bin/true a b c"],
      filter,
    );
  }
});

kernelTest("arguments that a span has kept have as many keys as texts", async () => {
  await using loaded = new LoadedRule(
    JSON.stringify({
      rule: "cut",
      probe: ARGUMENTS,
      by: { all: "all" },
      aggregate: { n: "count()", different: "distinct(all)" },
      filter: RUN,
    }),
  );
  for (const given of [["a b"], ["a", "b"], ["a", "b"], ["", "b"]]) spawnSync("/bin/true", given);
  const { rows } = await loaded.sample();
  const counts = rows.map(({ labels, values }) => [labels["all"], values[0]?.[0]] as const);
  assert.deepEqual(
    new Map(counts),
    new Map([
      ["/bin/true 'a b'", 1],
      ["/bin/true a b", 2],
      ["/bin/true '' b", 1],
    ]),
  );
});

kernelTest("different buffers are different keys, marked if they were cut", async () => {
  const by = { file: "buf(args.filename, len(str(args.filename)), 20)" };
  const whole = ["/bpfwarden-cut-a", "/bpfwarden-cut-abcde"];
  const longer = ["fg", "fh", "fgh", "x".repeat(300), `${"x".repeat(299)}y`].map((rest) => `${whole[1] ?? ""}${rest}`);
  const found = await filesOf({ by }, [...whole, ...longer]);
  assert.deepEqual(
    found.map(([file, count]) => [file.replace(/#[0-9a-f]{14}$/, "#"), count]),
    [...whole, ...longer.map(() => "/bpfwarden-cut-abcde…#")].map((file) => [file, 2]),
  );
  assert.equal(new Set(found.map(([file]) => file)).size, whole.length + longer.length);
});

kernelTest("buffers that a span has kept are different keys, with all their bytes", async () => {
  const probe = {
    ...SPAN,
    filter: { from: FILTER },
    keep: { name: "buf(args.filename, len(str(args.filename)), 20)" },
  };
  const paths = ["/bpfwarden-cut-a", "/bpfwarden-cut-abcde", "/bpfwarden-cut-abcdefg", "/bpfwarden-cut-abcdefh"];
  const found = await filesOf({ probe, filter: "true", by: { file: "name" } }, paths);
  assert.deepEqual(
    found.map(([file, count]) => [file.replace(/#[0-9a-f]{14}$/, "#"), count]),
    [...paths.slice(0, 2), "/bpfwarden-cut-abcde…#", "/bpfwarden-cut-abcde…#"].map((file) => [file, 2]),
  );
  assert.equal(new Set(found.map(([file]) => file)).size, paths.length);
});

kernelTest("a buffer beside other columns of a key has a length of its own", async () => {
  const name = "args.filename";
  const file = `len(str(${name})) % 2 == 0 ? buf(${name}, 16) : buf(${name}, len(str(${name})), 20)`;
  const found = await filesOf(
    { by: { file } },
    ["a", "ab", "abcd", "abcdef", "abcdefghi"].map((end) => `${start}${end}`),
  );
  assert.deepEqual(
    found.map(([shown, count]) => [shown.replace(/#[0-9a-f]{14}$/, "#"), count]),
    [
      [`${start}a`, 4],
      [`${start}ab`, 2],
      [`${start}abcd`, 2],
      [`${start}abcde…#`, 2],
    ],
  );
});

kernelTest("distinct distinguishes buffers by all their bytes, and by their length", async () => {
  const sizes = {
    fixed: "buf(args.buf, 16)",
    given: "buf(args.buf, args.count - 8, 16)",
    longer: "buf(args.buf, args.count, 16)",
  };
  const chosen = "args.fd > 0 ? buf(args.buf, args.count - 8, 16) : buf(args.buf, 24)";
  const aggregate = Object.fromEntries(
    Object.entries({ ...sizes, chosen }).map(([name, buffer]) => [name, `distinct(${buffer})`]),
  );
  const filter = `${OURS} and args.count >= 16 and starts_with(str(args.buf), "ABCDEFGH")`;
  await using loaded = new LoadedRule(
    JSON.stringify({ rule: "cut", probe: "tracepoint:syscalls:sys_enter_write", filter, aggregate }),
  );
  const file = openSync("/dev/null", "w");
  const bytes = Buffer.alloc(24);
  bytes.write("ABCDEFGH");
  for (let number = 0; number < 200; number++) {
    bytes.writeUInt32LE(number * 7919, 8);
    writeSync(file, bytes);
  }
  const written = Buffer.from("ABCDEFGH".padEnd(24, "\0"));
  for (let length = 16; length < 24; length++) writeSync(file, written.subarray(0, length));
  closeSync(file);
  const { rows } = await loaded.sample();
  const estimates = (rows[0]?.values ?? []).map((registers) => estimateDistinct(registers ?? []));
  for (const [index, truth] of [200, 208, 208, 208].entries()) {
    const estimate = estimates[index] ?? 0;
    assert.ok(Math.abs(estimate / truth - 1) < 0.1, `estimated ${estimate} of ${truth}`);
  }
});

kernelTest("a record has all the bytes of a buffer that a span has kept", async () => {
  const keep = { name: "buf(args.filename, len(str(args.filename)), 20)" };
  await using loaded = new LoadedRule(
    JSON.stringify({ rule: "cut", probe: { ...SPAN, filter: { from: FILTER }, keep }, event: { name: "name" } }),
  );
  openAll(["ab", "abcde", "abcdef"].map((end) => `${start}${end}`));
  assert.deepEqual(
    loaded.records().map(({ fields, truncated }) => [fields["name"], truncated]),
    [
      [`${start}ab`, []],
      [`${start}abcde`, []],
      [`${start}abcde`, ["name"]],
    ],
  );
});

kernelTest("a NUL does not end a buffer that a span has kept", async () => {
  const keep = { few: "buf(args.buf, 8)", many: "buf(args.buf, 80)" };
  const WRITE = "tracepoint:syscalls:sys_enter_write";
  const probe = { from: WRITE, to: "tracepoint:syscalls:sys_exit_write", keep };
  const filter = { from: `${OURS} and args.count == 80 and str(args.buf) == "a"` };
  await using loaded = new LoadedRule(
    JSON.stringify({ rule: "cut", probe: { ...probe, filter }, event: { few: "few", many: "many" } }),
  );
  const written = Buffer.from("a\0c\0".repeat(20));
  const file = openSync("/dev/null", "w");
  writeSync(file, written);
  closeSync(file);
  assert.deepEqual(
    loaded.records().map(({ fields }) => fields),
    [{ few: "a\\x00c\\x00".repeat(2), many: "a\\x00c\\x00".repeat(20) }],
  );
});
