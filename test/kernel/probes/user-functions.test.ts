import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { kernelTest } from "../privilege.ts";
import { CProgram, Dialogue } from "../support/c-program.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

/**
 * A library: a function, one with two names, and one whose instructions have known
 * lengths.
 */
const LIBRARY = String.raw`
  __attribute__((noinline)) int shop_sell(int x) { return x + 1; }
  __attribute__((noinline)) int shop_refund(int x) { return x - 1; }
  int shop_sell_alias(int x) __attribute__((alias("shop_sell")));
  int other(int x) { return x; }
  void stepped(void);
  __asm__(".text\n.globl stepped\n.type stepped, %function\nstepped: nop\nnop\nret\n.size stepped, . - stepped\n");
  void long_one(void);
  __asm__(".globl long_one\n.type long_one, %function\nlong_one: LONG\nret\n.size long_one, . - long_one\n");
`.replace("LONG", process.arch === "x64" ? "movabs $0x9090909090909090, %rax" : "nop");
/** The note that the Go linker writes into a program, and a name as its compiler makes it. */
const GO = String.raw`
  __asm__(".pushsection .note.go.buildid, \"a\", %note\n.long 4, 4, 4\n.ascii \"Go\\0\\0abcd\"\n.popsection\n");
  __attribute__((noinline)) int work(int x) __asm__("main.work");
  int work(int x) { return x + 1; }
  int main(int count, char **words) { return work(count) == 0; }
`;
const PROGRAM = String.raw`
  #include <stdio.h>
  int shop_sell(int), shop_refund(int), other(int);
  void stepped(void);
  int main(void) {
    char line[64];
    setbuf(stdout, NULL);
    while (fgets(line, sizeof line, stdin)) {
      shop_sell(1); shop_sell(2); shop_refund(3); other(4); stepped();
      puts("done");
    }
    return 0;
  }
`;
const NOP_BYTES = process.arch === "x64" ? 1 : 4;

function shop(): { readonly compiled: CProgram; readonly library: string; readonly path: string } {
  const compiled = new CProgram(LIBRARY, ["-shared", "-fPIC", "-O1"], "libshop.so");
  const library = compiled.path;
  const path = compiled.compile(PROGRAM, [`-L${compiled.folder}`, `-Wl,-rpath,${compiled.folder}`, library], "program");
  return { compiled, library, path: join(path) };
}

async function countsBy(rule: LoadedRule, label: string): Promise<Readonly<Record<string, number | undefined>>> {
  const { rows } = await rule.sample();
  return Object.fromEntries(rows.map(({ labels, values }) => [labels[label] ?? "", values[0]?.[0]]));
}

const NODE = process;

kernelTest("functions of programs and libraries", async (t) => {
  const { compiled, library, path } = shop();
  using _ = compiled;
  await using process = new Dialogue(path);

  await t.test("a pattern matches many functions, each once even if it has several names", async () => {
    await using rule = new LoadedRule(`rule: shop
probe: "uprobe:${library}:shop_*"
by: {function: func}
aggregate: count()
`);
    await process.ask();
    assert.deepEqual(await countsBy(rule, "function"), { shop_refund: 1, shop_sell: 2 });
  });

  await t.test("a pattern of returns matches them too, with their results", async () => {
    await using rule = new LoadedRule(`rule: shop
probe: {probe: "uretprobe:${library}:shop_*", except: ["*_alias"]}
by: {returned: retval}
aggregate: count()
`);
    await process.ask();
    assert.deepEqual(await countsBy(rule, "returned"), { "2": 2, "3": 1 });
  });

  await t.test("an instruction within a function", async () => {
    await using rule = new LoadedRule(`rule: stepped
probe: uprobe:${library}:stepped+${NOP_BYTES}
by: {which: probe}
aggregate: count()
`);
    await process.ask();
    await process.ask();
    assert.deepEqual(await countsBy(rule, "which"), { [`uprobe:${library}:stepped+${NOP_BYTES}`]: 2 });
  });

  await t.test("an offset beyond the function is refused", () => {
    const rule = `rule: beyond\nprobe: uprobe:${library}:stepped+${3 * NOP_BYTES}\naggregate: count()\n`;
    assert.throws(() => new LoadedRule(rule), /expected an offset within the \d+ bytes of "stepped"/);
  });

  await t.test("an offset within an instruction is refused, with those beside it", async () => {
    const fault = (offset: number): string => {
      const rule = `rule: middle\nprobe: "uprobe:${library}:long_one+${offset}"\naggregate: count()\n`;
      try {
        void new LoadedRule(rule)[Symbol.asyncDispose]();
      } catch (error) {
        return (error as Error).message;
      }
      return "attached";
    };
    const [within, next] = NODE.arch === "x64" ? [2, 10] : [2, 4];
    assert.match(fault(within), /expected the start of an instruction, found an offset of 2 \[bad-probe\]/);
    assert.match(
      fault(within),
      new RegExp(`write "uprobe:${library}:long_one" or "uprobe:${library}:long_one\\+${next}"`),
    );
    assert.equal(fault(next), "attached");
    await process.ask(); // it still lives
  });

  await t.test("the return of a Go function is refused, its entry is not", async () => {
    const go = compiled.compile(GO, ["-O1"], "go");
    const rule = (kind: string, name: string): string =>
      `rule: go\nprobe: "${kind}:${go}:${name}"\naggregate: count()\n`;
    assert.throws(() => new LoadedRule(rule("uretprobe", "main.work")), /is a Go program: a probe at the return/);
    for (const [kind, name] of [
      ["uprobe", "main.work"],
      ["uretprobe", "main"],
    ] as const)
      await new LoadedRule(rule(kind, name))[Symbol.asyncDispose]();
  });

  await t.test("an offset is not used in another build, where it may be within an instruction", async () => {
    const other = compiled.compile(`int added(int x) { return x * 7; }\n${LIBRARY}`, ["-shared", "-fPIC"], "other.so");
    await using rule = new LoadedRule(`rule: stepped
probe: uprobe:${library}:stepped+${NOP_BYTES}
aggregate: count()
`);
    await using inside = new Dialogue("unshare", [
      "--mount",
      "sh",
      "-c",
      `mount --bind ${other} ${library} && exec ${path}`,
    ]);
    await inside.ask();
    assert.match((await rule.follow()).changes.join(), /is not watched: it is another build/);
  });
});

/**
 * Two files with a function of one name, as `nm` shows them, and a third function of that name that
 * a library exports.
 */
const TWO_OF_A_NAME = [
  `__attribute__((noinline)) static int helper(int x) { __asm__ volatile(""); return x + 1; }
   int call_a(int x) { return helper(x) * 2; }`,
  `int call_a(int);
   __attribute__((noinline)) static int helper(int x) { __asm__ volatile(""); return x + 2; }
   int main(void) {
     int s = 0;
     for (int i = 0; i < 10; i++) s += helper(i);
     for (int i = 0; i < 3; i++) s += call_a(i);
     return s == 0;
   }`,
] as const;

kernelTest("several functions of one name", async (t) => {
  using compiled = new CProgram(TWO_OF_A_NAME[0], ["-O1", "-c"], "first");
  const second = compiled.compile(TWO_OF_A_NAME[1], ["-O1", "-c"], "second");
  const app = join(compiled.folder, "app");
  execFileSync("gcc", ["-o", app, compiled.path, second]);
  const rule = (place: string): string =>
    `rule: helpers\nprobe: "uprobe:${app}:${place}"\nby: {which: probe}\naggregate: count()\n`;
  const counts = async (place: string): Promise<readonly unknown[]> => {
    await using loaded = new LoadedRule(rule(place));
    execFileSync(app);
    const counted = Object.entries(await countsBy(loaded, "which")).toSorted(([a], [b]) => a.localeCompare(b));
    return counted.map(([which, count]) => [which.replace(`uprobe:${app}:`, ""), count]);
  };

  await t.test("are refused, with the spelling of each", () => {
    assert.throws(
      () => new LoadedRule(rule("helper")),
      new RegExp(`has 2 functions "helper" .*"uprobe:${app}:first.c:helper", "uprobe:${app}:second.c:helper"`, "s"),
    );
  });

  await t.test("can be probed one by one, by file or address", async () => {
    assert.deepEqual(await counts("first.c:helper"), [["first.c:helper", 3]]);
    assert.deepEqual(await counts("second.c:helper"), [["second.c:helper", 10]]);
    const addresses = execFileSync("nm", [app], { encoding: "utf8" }).matchAll(/^0*([\da-f]+) t helper$/gm);
    const places = Array.from(addresses, ([, address]) => `0x${address}`);
    const found = await Promise.all(places.map((place) => counts(place)));
    assert.deepEqual(new Set(found.flat().map((each) => (each as unknown[])[1])), new Set([3, 10]));
  });

  await t.test("are all probed by a pattern", async () => {
    assert.deepEqual(await counts("helpe*"), [
      ["first.c:helper", 3],
      ["second.c:helper", 10],
    ]);
  });
});
