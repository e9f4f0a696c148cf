import assert from "node:assert/strict";
import { STATIC_PROBE_MACROS } from "../../bpf/kernel/elf/static-probe-source.ts";
import { kernelTest } from "../privilege.ts";
import { CProgram, Dialogue } from "../support/c-program.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

/**
 * Fires its probes for each line that it reads, and says whether somebody listens to the one with a
 * semaphore.
 */
const program = (extra = ""): string => String.raw`
  #include <stdio.h>
  #include <string.h>
  ${STATIC_PROBE_MACROS}
  SEMAPHORE(shop, sold);
  ${extra}
  struct item { char size; short color; int weight; long price; };
  __attribute__((noinline)) void sell(struct item *item, const char *name, unsigned char u8, unsigned short u16, unsigned u32) {
    PROBE(shop, item, "-1@%0 -2@%1 -4@%2 -8@%3 1@%4 2@%5 4@%6 8@%7", "m"(item->size), "m"(item->color), "m"(item->weight),
          "m"(item->price), "nor"(u8), "nor"(u16), "nor"(u32), "nor"(name));
    if (IS_WATCHED(shop, sold)) PROBE_WITH_SEMAPHORE(shop, sold, "-4@%0 8@%1", "r"(item->weight), "n"(4294967296));
  }
  __attribute__((noinline)) void in_register(int value) { PROBE(shop, twice, "-4@%0", "r"(value)); }
  __attribute__((noinline)) void in_code(void) { PROBE(shop, twice, "-4@%0", "n"(-7)); }
  int main(void) {
    char line[64];
    setbuf(stdout, NULL);
    while (fgets(line, sizeof line, stdin)) {
      struct item item = { -1, -300, -70000, -5000000000 };
      line[strcspn(line, "\n")] = 0;
      sell(&item, line, 200, 60000, 4000000000u);
      in_register((int)strlen(line));
      in_code();
      puts(IS_WATCHED(shop, sold) ? "watched" : "alone");
    }
    return 0;
  }
`;

async function records(rule: LoadedRule, count: number): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const found: Readonly<Record<string, unknown>>[] = [];
  for (let turn = 0; turn < 200 && found.length < count; turn++) {
    found.push(...rule.records().map(({ fields }) => fields));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return found;
}

kernelTest("static probes of programs", async (t) => {
  for (const options of [["-O0"], ["-O2"], ["-O2", "-no-pie", "-static"]]) {
    await t.test(`arguments of every width and place, compiled with ${options.join(" ")}`, async () => {
      using compiled = new CProgram(program(), options);
      await using process = new Dialogue(compiled.path);
      await using rule = new LoadedRule(`rule: items
probe: usdt:${compiled.path}:shop:item
event: {a: arg0, b: arg1, c: arg2, d: arg3, e: arg4, f: arg5, g: arg6, name: str(arg7), which: probe}
`);
      await process.ask("apple");
      await process.ask("pear");
      const expected = (name: string): object => ({
        a: -1,
        b: -300,
        c: -70_000,
        d: -5_000_000_000,
        e: 200,
        f: 60_000,
        g: 4_000_000_000,
        name,
        which: `usdt:${compiled.path}:shop:item`,
      });
      assert.deepEqual(await records(rule, 2), [expected("apple"), expected("pear")]);
    });
  }

  await t.test("a probe with a semaphore runs while a program is attached", async () => {
    using compiled = new CProgram(program(), ["-O2"]);
    await using process = new Dialogue(compiled.path);
    assert.equal(await process.ask("before"), "alone");
    {
      await using rule = new LoadedRule(`rule: sold
probe: usdt:${compiled.path}:sold
aggregate: {count: count(), weight: sum(arg0), constant: max(arg1)}
`);
      assert.equal(await process.ask("watched"), "watched");
      await using late = new Dialogue(compiled.path);
      assert.equal(await late.ask("watched"), "watched");
      assert.deepEqual(await rule.totals(), [{ count: 2, weight: -140_000, constant: 4_294_967_296 }]);
    }
    assert.equal(await process.ask("after"), "alone");
  });

  await t.test("all places of a probe count, each with its own arguments", async () => {
    using compiled = new CProgram(program(), ["-O2"]);
    await using process = new Dialogue(compiled.path);
    await using rule = new LoadedRule(`rule: twice
probe: usdt:${compiled.path}:shop:twice
by: {value: arg0}
aggregate: count()
`);
    await process.ask("four");
    await process.ask("seven77");
    const { rows } = await rule.sample();
    const counts = Object.fromEntries(rows.map(({ labels, values }) => [labels["value"], values[0]?.[0]]));
    assert.deepEqual(counts, { "4": 1, "7": 1, "-7": 2 });
  });

  await t.test("a pattern matches probes of a provider", async () => {
    using compiled = new CProgram(program(), ["-O2"]);
    await using process = new Dialogue(compiled.path);
    await using rule = new LoadedRule(`rule: shop
probe: {probe: "usdt:${compiled.path}:shop:*", except: [sold]}
by: {which: func}
aggregate: count()
`);
    await process.ask("four");
    const { rows } = await rule.sample();
    const counts = Object.fromEntries(rows.map(({ labels, values }) => [labels["which"], values[0]?.[0]]));
    assert.deepEqual(counts, { item: 1, twice: 2 });
  });

  await t.test("a container's other build is followed if arguments are in the same places", async () => {
    using compiled = new CProgram(program(), ["-O2"]);
    const other = compiled.compile(program("int padding(int x) { return x * x / 3; }"), ["-O2"], "other");
    const elsewhere = compiled.compile(program(), ["-O0"], "elsewhere");
    await using rule = new LoadedRule(`rule: items
probe: usdt:${compiled.path}:shop:item
filter: str(arg7) == "inside"
by: [pid]
aggregate: sum(arg6)
`);
    const start = (file: string): Dialogue =>
      new Dialogue("unshare", [
        "--mount",
        "sh",
        "-c",
        `mount --bind ${file} ${compiled.path} && exec ${compiled.path}`,
      ]);
    await using same = start(other);
    await same.ask("early");
    const { changes } = await rule.follow();
    assert.match(changes.join(), /^attached to \/proc\/\d+\/root/);
    await same.ask("inside");
    const { rows } = await rule.sample();
    assert.deepEqual(
      rows.map(({ labels, values }) => [labels["pid"], values[0]?.[0]]),
      [[String(same.pid), 4_000_000_000]],
    );
    await using differing = start(elsewhere);
    await differing.ask("early");
    assert.match((await rule.follow()).changes.join(), /"shop:item" has its arguments in other places$/);
  });
});
