import assert from "node:assert/strict";
import { join } from "node:path";
import { kernelTest } from "../privilege.ts";
import { CProgram, Dialogue } from "../support/c-program.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

/** A library: two functions of which one has two names, and one whose instructions have known lengths. */
const LIBRARY = String.raw`
  __attribute__((noinline)) int shop_sell(int x) { return x + 1; }
  __attribute__((noinline)) int shop_refund(int x) { return x - 1; }
  int shop_sell_alias(int x) __attribute__((alias("shop_sell")));
  int other(int x) { return x; }
  void stepped(void);
  __asm__(".text\n.globl stepped\n.type stepped, %function\nstepped: nop\nnop\nret\n.size stepped, . - stepped\n");
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

kernelTest("functions of programs and libraries", async (t) => {
  const { compiled, library, path } = shop();
  using _ = compiled;
  await using process = new Dialogue(path);

  await t.test("a pattern matches many, each function once whatever its names", async () => {
    await using rule = new LoadedRule(`rule: shop
probe: "uprobe:${library}:shop_*"
by: {function: func}
aggregate: count()
`);
    await process.ask();
    assert.deepEqual(await countsBy(rule, "function"), { shop_refund: 1, shop_sell: 2 });
  });

  await t.test("so do returns, with what they return", async () => {
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

  await t.test("an offset is not carried over to another build, where it may not be an instruction's", async () => {
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
