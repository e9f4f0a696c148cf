import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { kernelTest } from "../privilege.ts";
import { CProgram } from "../support/c-program.ts";
import { COLD_END, COLD_FILE } from "../support/cold-pages.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

interface Found {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly unreadable?: readonly string[];
}

function run(program: CProgram): void {
  execFileSync(program.path, [`${program.folder}/mapped`]);
}

/** Returns the records of a rule for the three calls; `PATH` in its text is the program. */
async function recordsOf(program: CProgram, rule: object): Promise<readonly Found[]> {
  const text = JSON.stringify({ rule: "unreadable", ...rule }).replaceAll("PATH", program.path);
  await using loaded = new LoadedRule(text);
  run(program);
  return loaded.records().map(({ fields, unreadable }) => ({ fields, ...(unreadable && { unreadable }) }));
}

const PROBE = "uprobe:PATH:target";
const TEXT = "str(arg2)";
const NUMBER = 'uptr(cast(arg1, "u32 *"))[0]';

kernelTest("a record names unreadable fields; a null pointer is not one", async () => {
  using program = new CProgram(COLD_FILE);
  const found = await recordsOf(program, {
    probe: PROBE,
    event: { turn: 'cast(arg0, "s32")', text: TEXT, number: NUMBER, is: `${TEXT} == "hello"`, length: `len(${TEXT})` },
  });
  assert.deepEqual(found, [
    {
      fields: { turn: 1, text: null, number: null, is: null, length: null },
      unreadable: ["text", "number", "is", "length"],
    },
    { fields: { turn: 2, text: "hello", number: 7, is: true, length: 5 } },
    { fields: { turn: 3, text: "", number: 0, is: false, length: 0 } },
  ]);
});

kernelTest("an unreadable field is null, however its value would be shown", async () => {
  using program = new CProgram(COLD_FILE);
  const socket = 'cast(uptr(cast(arg1, "u64")), "sockaddr")';
  const word = (type: string): string => `uptr(cast(arg1, "${type} *"))[0]`;
  const event = {
    address: `address(${socket})`,
    port: `port(${socket})`,
    user: `user(${word("u32")})`,
    errno: `errno(-${word("s32")})`,
    signal: `signal(${word("s32")})`,
    large: `${word("u64")} | 0x4000000000000000`,
    bytes: "buf(arg2, 5)",
    text: TEXT,
  };
  const [first, second] = await recordsOf(program, { probe: PROBE, event });
  const names = Object.keys(event);
  assert.deepEqual(first, { fields: Object.fromEntries(names.map((name) => [name, null])), unreadable: names });
  assert.equal(second?.unreadable, undefined);
  assert.deepEqual([second?.fields["errno"], second?.fields["signal"]], ["E2BIG", "SIGBUS"]);
});

kernelTest("a filter on an unreadable value is unknown, by Kleene's logic", async () => {
  using program = new CProgram(COLD_FILE);
  const known = 'cast(arg0, "s32") < 3';
  const cases: readonly (readonly [string, readonly number[], boolean])[] = [
    [`${TEXT} == "hello"`, [1, 2], true],
    [`${TEXT} != "hello"`, [1, 3], true],
    [`not (${TEXT} == "hello")`, [1, 3], true],
    [`${TEXT} == "hello" and ${known}`, [1, 2], true],
    [`${TEXT} == "hello" and not (${known})`, [], false],
    [`not (${known}) and ${TEXT} == "hello"`, [], false],
    [`${TEXT} == "hello" or ${known}`, [1, 2], false],
    [`not (${TEXT} == "hello" or ${NUMBER} == 7)`, [1, 3], true],
    [`${NUMBER} in [1, 7, 9]`, [1, 2], true],
    [`${NUMBER} == 8`, [1], true],
    [`starts_with(${TEXT}, "he") and contains(${TEXT}, "ll")`, [1, 2], true],
    [`glob(${TEXT}, "x*")`, [1], true],
  ];
  for (const [filter, turns, isUnknown] of cases) {
    const found = await recordsOf(program, { probe: PROBE, filter, event: { turn: 'cast(arg0, "s32")' } });
    assert.deepEqual(
      found.map(({ fields }) => fields["turn"]),
      turns,
      filter,
    );
    assert.deepEqual(found[0]?.unreadable, isUnknown ? ["filter"] : undefined, filter);
  }
});

kernelTest("a value that the start could not read is unknown at the end", async () => {
  using program = new CProgram(COLD_FILE);
  const span = { from: PROBE, to: "uretprobe:PATH:target", keep: { text: TEXT, number: NUMBER } };
  const event = { text: "text", number: "number" };
  const [first, second] = await recordsOf(program, { probe: span, event });
  assert.deepEqual(first, { fields: { text: null, number: null }, unreadable: ["text", "number"] });
  assert.deepEqual(second, { fields: { text: "hello", number: 7 } });
  const found = await recordsOf(program, { probe: { ...span, filter: { from: `${TEXT} == "hello"` } }, event });
  assert.deepEqual(found[0]?.unreadable, ["text", "number", "filter"]);
  assert.equal(found.length, 2);
  const byPointer = { ...span, match: { from: 'cast(arg0, "s32")', to: 'cast(retval, "s32")' } };
  const matched = await recordsOf(program, { probe: byPointer, event, filter: 'text == "hello"' });
  assert.deepEqual(
    matched.map(({ unreadable }) => unreadable),
    [["text", "number", "filter"], undefined],
  );
});

kernelTest(
  "events that cannot be judged are counted as unknown, and an unreadable text is a key of its own",
  async () => {
    using program = new CProgram(COLD_FILE);
    const sampleOf = async (rule: object) => {
      const text = JSON.stringify({ rule: "unreadable", probe: PROBE, ...rule }).replaceAll("PATH", program.path);
      await using loaded = new LoadedRule(text);
      run(program);
      return await loaded.sample();
    };
    const filtered = await sampleOf({ filter: `${TEXT} == "hello"`, aggregate: "count()" });
    assert.deepEqual([filtered.rows[0]?.values[0]?.[0], filtered.health.unknown], [1, 1]);
    const summed = await sampleOf({ aggregate: `sum(${NUMBER})`, filter: 'cast(arg0, "s32") < 3' });
    assert.deepEqual([summed.rows[0]?.values[0]?.[0], summed.health.unknown], [7, 1]);
    const byNumber = await sampleOf({ by: { number: NUMBER }, aggregate: "count()", filter: 'cast(arg0, "s32") < 3' });
    assert.deepEqual([byNumber.rows.map(({ labels }) => labels), byNumber.health.unknown], [[{ number: "7" }], 1]);
    const byText = await sampleOf({ by: { text: TEXT }, aggregate: "count()" });
    assert.deepEqual(new Set(byText.rows.map(({ labels }) => labels["text"])), new Set(["\\unreadable", "hello", ""]));
  },
);

kernelTest("a rule that counts and records does both with the known values", async () => {
  using program = new CProgram(COLD_FILE);
  const rule = { rule: "unreadable", probe: PROBE, filter: `${TEXT} == "hello"`, aggregate: "count()" };
  const text = JSON.stringify({ ...rule, by: { comm: "comm" }, event: { text: TEXT }, threshold: "value > 5" });
  await using loaded = new LoadedRule(text.replaceAll("PATH", program.path));
  run(program);
  assert.deepEqual(
    loaded.records().map(({ unreadable }) => unreadable),
    [["text", "filter"], undefined],
  );
  const { rows, health } = await loaded.sample();
  assert.deepEqual([rows[0]?.values[0]?.[0], health.unknown], [1, 1]);
});

kernelTest("a remembered value that was unreadable is unknown", async () => {
  using program = new CProgram(COLD_FILE);
  const remembers = (by: string, set: object) =>
    recordsOf(program, {
      probe: PROBE,
      state: { last: { by: [by], keep: ["seen", "calls"] } },
      set,
      event: { turn: 'cast(arg0, "s32")', seen: "seen", calls: "calls" },
    });
  const [first, second, third] = await remembers("comm", { seen: NUMBER, calls: "calls + 1" });
  assert.deepEqual(first, { fields: { turn: 1, seen: 0, calls: 0 } });
  assert.deepEqual(second, { fields: { turn: 2, seen: null, calls: 1 }, unreadable: ["seen"] });
  assert.deepEqual(third, { fields: { turn: 3, seen: 7, calls: 2 } });
  // neither is it known what is remembered of a key that could not be read; 0, of the null pointer,
  // is another key
  const [unknown, , null_] = await remembers(NUMBER, { seen: "seen + 1", calls: "calls + 1" });
  assert.deepEqual(unknown, { fields: { turn: 1, seen: null, calls: null }, unreadable: ["seen", "calls"] });
  assert.deepEqual(null_, { fields: { turn: 3, seen: 0, calls: 0 } });
});

kernelTest("a value that is set under an unknown filter is unknown", async () => {
  using program = new CProgram(COLD_FILE);
  const told = { probe: PROBE, filter: `${TEXT} == "hello"`, set: { turn: 'cast(arg0, "u32")' } };
  const signals = { shown: { probe: "uretprobe:PATH:target", aggregate: "sum(turn)" }, told };
  const rule = { rule: "unreadable", state: { last: { by: ["comm"], keep: ["turn"] } }, signals };
  await using loaded = new LoadedRule(JSON.stringify(rule).replaceAll("PATH", program.path));
  run(program);
  const { health, rows } = await loaded.sample();
  // at the end of the first call it is not known, at those of the second and the third it is 2
  assert.deepEqual([rows[0]?.values[0]?.[0], health.unknown], [4, 1]);
});

kernelTest("a span is not found by an unreadable value", async () => {
  using program = new CProgram(COLD_FILE);
  for (const by of [NUMBER, TEXT]) {
    const span = { from: PROBE, to: PROBE, match: by, filter: { to: 'cast(arg0, "s32") != 2' } };
    const text = JSON.stringify({ rule: "unreadable", probe: span, aggregate: "count()" });
    await using loaded = new LoadedRule(text.replaceAll("PATH", program.path));
    run(program);
    const { health, rows } = await loaded.sample();
    // the first call neither opens one nor ends one; taken for 0 or "" the third would end its span
    assert.deepEqual([rows[0]?.values[0]?.[0] ?? 0, health.unknown], [0, 2], by);
  }
});

kernelTest("a text with an unreadable end differs from texts with its beginning, and is a fault", async () => {
  using program = new CProgram(COLD_END);
  for (const [name, text] of Object.entries({ text: "str(arg1)", bytes: "buf(arg1, 304, 250)" })) {
    const rule = { rule: "unreadable", probe: PROBE, by: { name: text }, aggregate: "count()" };
    await using loaded = new LoadedRule(JSON.stringify(rule).replaceAll("PATH", program.path));
    run(program);
    const { health, rows } = await loaded.sample();
    const found = rows.map(({ labels, values }) => [labels["name"]?.replace(/^x+…/, ""), values[0]?.[0]] as const);
    const unreadable = found.filter(([label]) => label?.endsWith("\\unreadable"));
    assert.deepEqual([found.length, unreadable.map(([, count]) => count)], [3, [2]], name);
    assert.ok(found.every(([label, count]) => unreadable.length * 2 >= (count ?? 0) && label !== ""));
    assert.equal(health.faulted, 2, name);
  }
});

kernelTest("a text whose end a span could not read is unknown", async () => {
  using program = new CProgram(COLD_END);
  const span = { from: PROBE, to: "uretprobe:PATH:target", keep: { name: "str(arg1)", turn: 'cast(arg0, "u32")' } };
  const found = await recordsOf(program, { probe: span, event: { turn: "turn", name: "name" } });
  assert.deepEqual(
    found.map(({ fields, unreadable }) => [fields["turn"], unreadable]),
    [
      [0, ["name"]],
      [0, ["name"]],
      [1, undefined],
      [1, undefined],
    ],
  );
});

kernelTest("a short text that a span could not read is unknown like a long one", async () => {
  using program = new CProgram(COLD_FILE);
  const span = { from: PROBE, to: "uretprobe:PATH:target", keep: { text: "str(arg2, 16)", bytes: "buf(arg2, 5)" } };
  const found = await recordsOf(program, { probe: span, event: { text: "text", bytes: "bytes" } });
  assert.deepEqual(found.slice(0, 2), [
    { fields: { text: null, bytes: null }, unreadable: ["text", "bytes"] },
    { fields: { text: "hello", bytes: "hello" } },
  ]);
  const rule = { rule: "unreadable", probe: span, by: { bytes: "bytes" }, aggregate: "count()" };
  await using loaded = new LoadedRule(JSON.stringify(rule).replaceAll("PATH", program.path));
  run(program);
  const { health, rows } = await loaded.sample();
  assert.deepEqual(
    [new Set(rows.map(({ labels }) => labels["bytes"])), health.unknown],
    [new Set(["\\x00\\x00\\x00\\x00\\x00", "hello"]), 1],
  );
});
