// `npm run fuzz`: what `npm test` does with hundreds of inputs, with a night's worth of them. Seeds
// are fixed.
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseExpression, wholeText } from "../../bpf/language/parse-expression.ts";
import { fixtureKernel } from "../bpf/kernel-fixture.ts";
import { Random } from "../kernel/compile/random-rules-random.ts";
import { throughFrontEnd, throughReaders } from "./front-end.ts";
import { asFilter, HOSTILE_EXPRESSIONS, HOSTILE_FILES } from "./hostile-texts.ts";
import { fileBytes, longText, mutated, tokenSoup } from "./random-texts.ts";
import { Stopwatch } from "./stopwatch.ts";

const ROOT = join(import.meta.dirname, "../..");

/** The number of tries of each kind; FUZZ_SHARE=0.01 does a hundredth of them. */
const SHARE = Number(process.env["FUZZ_SHARE"] ?? 1);
const EXPRESSIONS = Math.ceil(1_000_000 * SHARE);
const FILES = Math.ceil(50_000 * SHARE);
const LONG_TEXTS = Math.ceil(4_000 * SHARE);
const RULES = Math.ceil(10_000 * SHARE);
/** Sets of 2 to 40 rules, fused and apart. */
const SETS = Math.ceil(100 * SHARE);
const VALUES = Math.ceil(1_000 * SHARE);
/** Traces that are judged ahead of their ticks and at them. */
const TRACES = Math.ceil(1_000_000 * SHARE);
/** Nothing of this size may take the readers longer than a tenth of a second of a processor. */
const SIZE = 65_536;
const MOST_MS = 100;

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

function ruleTexts(): readonly string[] {
  return ["test/diagnostics/rules", "rules.d"].flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith(".yaml"))
      .map((name) => readFileSync(join(ROOT, folder, name), "utf8")),
  );
}

function readRandomFiles(): void {
  const texts = ruleTexts();
  const watch = new Stopwatch();
  for (let seed = 0; seed < FILES; seed++) {
    const random = new Random(seed);
    const text = random.chance(0.3) ? asFilter(tokenSoup(random)) : mutated(random.pick(texts), random);
    watch.time(`seed ${seed}`, () => throughFrontEnd(fileBytes(text, random), kernel));
  }
  say(`rule files: ${watch.report()}`);
}

/**
 * Hostile texts of the greatest size, through the readers alone, which are timed, and through the
 * checker as well.
 */
function readLongTexts(): boolean {
  const readers = new Stopwatch(MOST_MS);
  const checker = new Stopwatch();
  const read = (name: string, bytes: Uint8Array): void => {
    readers.time(name, () => throughReaders(bytes));
    checker.time(name, () => throughFrontEnd(bytes, kernel));
  };
  for (const [name, text] of HOSTILE_FILES) read(name, encode(text(SIZE)));
  for (const [name, text] of HOSTILE_EXPRESSIONS) {
    for (const size of [16_000, SIZE]) read(name, encode(asFilter(text(size))));
  }
  const texts = ruleTexts();
  for (let seed = 0; seed < LONG_TEXTS; seed++) {
    read(`seed ${seed}`, encode(longText(SIZE, texts, new Random(seed))).subarray(0, SIZE));
  }
  say(`texts of ${SIZE} bytes, read: ${readers.report()}`);
  say(`texts of ${SIZE} bytes, read and checked: ${checker.report()}`);
  if (readers.isTooSlow()) say(`expected at most ${MOST_MS} ms of a processor to read ${SIZE} bytes`);
  return !readers.isTooSlow();
}

/** A test with other counts than in `npm test`. */
function runTest(file: string, count: number): boolean {
  const all = String(count);
  const [rules, values] = [
    { RANDOM_RULES: all },
    { RANDOM_VALUES: all, AHEAD_TRACES: all, RANDOM_SETS: all, RANDOM_SEED: "0" },
  ];
  const environment = { ...process.env, CI: "true", ...(file.includes("random-rules") ? rules : values) };
  say(`${file}: ${count}`);
  return spawnSync(process.execPath, ["--test", file], { cwd: ROOT, env: environment, stdio: "inherit" }).status === 0;
}

parseRandomExpressions();
readRandomFiles();
const good = [
  readLongTexts(),
  runTest("test/kernel/compile/random-rules.test.ts", RULES),
  runTest("test/kernel/load/fused/random-sets.test.ts", SETS),
  runTest("test/kernel/compile/random-values.test.ts", VALUES),
  runTest("test/kernel/compile/random-strings.test.ts", VALUES),
  runTest("test/daemon/evaluate/ahead/judge-ahead.test.ts", TRACES),
];
process.exitCode = good.includes(false) ? 1 : 0;
