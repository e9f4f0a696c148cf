// `npm run fuzz`: what `npm test` does with hundreds of inputs, with a night's worth of them. Seeds are fixed.
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseExpression, wholeText } from "../../bpf/language/parse-expression.ts";
import { fixtureKernel } from "../bpf/kernel-fixture.ts";
import { Random } from "../kernel/compile/random-rules-random.ts";
import { throughFrontEnd } from "./front-end.ts";
import { asFilter, HOSTILE_EXPRESSIONS, HOSTILE_FILES } from "./hostile-texts.ts";
import { fileBytes, mutated, tokenSoup } from "./random-texts.ts";
import { Stopwatch } from "./stopwatch.ts";

const ROOT = join(import.meta.dirname, "../..");

/** How many of each; FUZZ_SHARE=0.01 does a hundredth of them. */
const SHARE = Number(process.env["FUZZ_SHARE"] ?? 1);
const EXPRESSIONS = Math.ceil(1_000_000 * SHARE);
const FILES = Math.ceil(50_000 * SHARE);
const RULES = Math.ceil(10_000 * SHARE);
const VALUES = Math.ceil(1_000 * SHARE);
/** Nothing of this size should take longer than a tenth of a second. */
const SIZE = 65_536;

const kernel = fixtureKernel();
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function parseRandomExpressions(): void {
  const watch = new Stopwatch();
  for (let seed = 0; seed < EXPRESSIONS; seed++) {
    const text = tokenSoup(new Random(seed));
    watch.time(`seed ${seed}`, () => parseExpression(wholeText({ path: "x.yaml", text })));
  }
  say(`expressions: ${watch.report()}`);
}

function readRandomFiles(): void {
  const texts = ["test/diagnostics/rules", "rules.d"].flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith(".yaml"))
      .map((name) => readFileSync(join(ROOT, folder, name), "utf8")),
  );
  const watch = new Stopwatch();
  for (let seed = 0; seed < FILES; seed++) {
    const random = new Random(seed);
    const text = random.chance(0.3) ? asFilter(tokenSoup(random)) : mutated(random.pick(texts), random);
    watch.time(`seed ${seed}`, () => throughFrontEnd(fileBytes(text, random), kernel));
  }
  say(`rule files: ${watch.report()}`);
}

function readHostileTexts(): void {
  const watch = new Stopwatch();
  for (const [name, text] of HOSTILE_FILES) watch.time(name, () => throughFrontEnd(encode(text(SIZE)), kernel));
  for (const [name, text] of HOSTILE_EXPRESSIONS) {
    for (const size of [16_000, SIZE]) watch.time(name, () => throughFrontEnd(encode(asFilter(text(size))), kernel));
  }
  say(`texts of ${SIZE} characters: ${watch.report()}`);
}

/** A kernel test with other counts than in `npm test`. */
function runTest(file: string, count: number, more: NodeJS.ProcessEnv): boolean {
  const environment = { ...process.env, RANDOM_RULES: String(count), CI: "true", ...more };
  say(`${file}: ${count}`);
  return spawnSync(process.execPath, ["--test", file], { cwd: ROOT, env: environment, stdio: "inherit" }).status === 0;
}

parseRandomExpressions();
readRandomFiles();
readHostileTexts();
const good = [
  runTest("test/kernel/compile/random-rules.test.ts", RULES, {}),
  runTest("test/kernel/compile/random-values.test.ts", VALUES, { RANDOM_SEED: "0" }),
];
process.exitCode = good.includes(false) ? 1 : 0;
