import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync } from "node:fs";
import { kernelTest } from "../privilege.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import { Random } from "./random-rules-random.ts";
import { randomText, TextValues } from "./random-strings.ts";

/**
 * Rules of so many fields, one seed each: half of the seeds stay, half change. More by hand with
 * RANDOM_VALUES.
 */
const RULES = Number(process.env["RANDOM_VALUES"] ?? 16);
const FIELDS = 10;
/** RANDOM_SEED shows a failure again. */
const SEED = Number(process.env["RANDOM_SEED"] ?? Date.now() % 2 ** 31);

function open(path: string): void {
  try {
    closeSync(openSync(path, "r"));
  } catch {
    // the name is what the test looks at
  }
}

kernelTest("random tests of strings give in the kernel the value of the language", async () => {
  const comm = readFileSync("/proc/self/comm", "utf8").trimEnd();
  for (let index = 0; index < RULES; index++) {
    const seed = index % 2 === 0 ? index : SEED + index;
    const random = new Random(seed);
    const file = `/bpfwarden${String(seed)}${randomText(random, random.chance(0.2) ? 1000 : 30)}`;
    const values = new TextValues(random, file, comm);
    const fields = Array.from({ length: FIELDS }, () => values.any());
    const rule = {
      rule: "strings",
      probe: "tracepoint:syscalls:sys_enter_openat",
      filter: `pid == ${String(process.pid)} and starts_with(str(args.filename), "/bpfwarden${String(seed)}")`,
      event: Object.fromEntries(fields.map(({ text }, at) => [`f${String(at)}`, text])),
    };
    await using loaded = new LoadedRule(JSON.stringify(rule));
    open(file);
    const [record] = loaded.records();
    fields.forEach(({ text, value }, at) => {
      assert.equal(record?.fields[`f${String(at)}`], value, `seed ${String(seed)}: ${text} of ${file}`);
    });
  }
});
