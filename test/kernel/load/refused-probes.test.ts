import assert from "node:assert/strict";
import { NO_SYMBOLS } from "../../../bpf/kernel/symbols/symbols.ts";
import { kernelWithout } from "../compile/host.ts";
import { kernelTest } from "../privilege.ts";
import { CProgram, Dialogue } from "../support/c-program.ts";
import { hostKernel, LoadedRule } from "../support/loaded-rule.ts";

/**
 * `work_broken` begins with what is no instruction in 64-bit mode: where a process has the file
 * mapped, the kernel refuses a uprobe there: ENOTSUPP, on arm64 EINVAL.
 */
const SOURCE = `
#include <stdio.h>

__attribute__((noinline)) int work_first(int x) { __asm__ volatile(""); return x + 1; }
__attribute__((noinline)) int work_second(int x) { __asm__ volatile(""); return x + 2; }
__asm__(".text\\n.globl work_broken\\n.type work_broken, @function\\nwork_broken:\\n" BROKEN "\\n.size work_broken, .-work_broken\\n");

int main(void)
{
	int n;
	setbuf(stdout, NULL);
	while (scanf("%d", &n) == 1)
		printf("%d\\n", work_first(n) + work_second(n));
	return 0;
}
`;

const broken = process.arch === "arm64" ? ".inst 0x88000000" : ".byte 0x06, 0x06";

function program(): CProgram {
  return new CProgram(`#define BROKEN "${broken}"\n${SOURCE}`, ["-O1"], "work");
}

const counted = async (rule: LoadedRule): Promise<unknown> =>
  Object.fromEntries((await rule.sample()).rows.map(({ labels, values }) => [labels["func"], values[0]?.[0]]));

for (const [how, kernel] of [
  ["attached as this kernel can", hostKernel],
  ["one by one", kernelWithout("uprobe_multi")],
  ["by a program each", kernelWithout("uprobe_multi", "attach_cookie")],
] as const) {
  kernelTest(
    `a function that the kernel refuses does not affect the others of a pattern, and is named: ${how}`,
    async () => {
      using file = program();
      await using running = new Dialogue(file.path);
      await running.ask("1");
      const text = `rule: work\nprobe: {probe: "uprobe:${file.path}:work_*"}\nby: {func: func}\naggregate: count()\n`;
      await using rule = new LoadedRule(text, NO_SYMBOLS, kernel);
      await running.ask("2");
      await running.ask("3");
      assert.deepEqual(await counted(rule), { work_first: 2, work_second: 2 });
      assert.match(rule.object.refused.join(), /^uprobe:\S+:work_broken: \w+: [a-z ]+ \((?:ENOTSUPP|EINVAL)\)/);
      const names = rule.object.attached.map(({ point }) => point.split(":").at(-1));
      assert.deepEqual(new Set(names), new Set(["work_first", "work_second"]));
    },
  );
}

kernelTest("a rule is refused if the kernel refuses all of its probes", async () => {
  using file = program();
  await using running = new Dialogue(file.path);
  await running.ask("1");
  const rule = `rule: work\nprobe: "uprobe:${file.path}:work_broken"\naggregate: count()\n`;
  assert.throws(() => new LoadedRule(rule), /work_broken: \w+: [a-z ]+ \((?:ENOTSUPP|EINVAL)\)/);
});
