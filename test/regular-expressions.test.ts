import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { type Expression, expressionsOf } from "./architecture/expressions-of.ts";

const ROOT = join(import.meta.dirname, "..");

/** The folders whose expressions read short texts that only the kernel or root writes. */
const TRUSTED: readonly string[] = ["bpf/kernel/tracepoint/"];

const FILES = globSync(["daemon/**/*.ts", "bpf/**/*.ts"], { cwd: ROOT, exclude: ["**/node_modules/**"] })
  .filter((path) => !TRUSTED.some((folder) => path.startsWith(folder)))
  .toSorted();

const SHORT = 750;
const LONG = 4 * SHORT;
/** An expression that is linear takes some microseconds for LONG: only slower ones are examined. */
const SUSPECT_US = 3000;
/** Four times the text is 4 times the work where that is linear, 16 times where it is quadratic. */
const RATIO = 9;
const ENDS: readonly string[] = ["", "!", "\n!"];

/** Returns texts that make an expression try again and again: repetitions of its own characters. */
function pumps({ source }: Expression): readonly string[] {
  const own = source.replaceAll(/\\[a-z]/gi, "").replaceAll(/[\\()[\]{}*+?|^$]/g, "");
  const single = [...new Set(`${own} a0"'\\@:/,`)].slice(0, 20);
  const few = single.slice(0, 9);
  const words = source.match(/[\w:/@.,= -]{2,}/g) ?? [];
  return [...single, ...words, ...words.map((word) => `${word}a`), ...few.flatMap((a) => few.map((b) => a + b))];
}

/** User CPU time in microseconds. */
function costUs(expression: RegExp, text: string): number {
  const started = process.cpuUsage();
  expression.lastIndex = 0;
  text.replace(expression, "");
  return process.cpuUsage(started).user;
}

/** The least of five, so that what else the machine does is not counted. */
function leastCostUs(expression: RegExp, text: string): number {
  return Math.min(...Array.from({ length: 5 }, () => costUs(expression, text)));
}

/** A text on which four times the length takes more than nine times the work. */
function badText(expression: Expression): string | undefined {
  if (!/[+*]|\{\d+,\}/.test(expression.source)) return undefined;
  const compiled = new RegExp(expression.source, expression.flags);
  for (const pump of pumps(expression))
    for (const end of ENDS) {
      const [short, long] = [SHORT, LONG].map((length) => pump.repeat(length / pump.length) + end) as [string, string];
      if (costUs(compiled, long) < SUSPECT_US || leastCostUs(compiled, long) < SUSPECT_US) continue;
      if (leastCostUs(compiled, long) > RATIO * leastCostUs(compiled, short)) return `${pump}…${end}`;
    }
  return undefined;
}

suite("regular expressions", () => {
  test("take a time that is linear in the text", () => {
    const found = FILES.flatMap((path) =>
      expressionsOf(readFileSync(join(ROOT, path), "utf8")).flatMap((expression) => {
        const bad = badText(expression);
        return bad === undefined
          ? []
          : [`${path}:${expression.line}: /${expression.source}/ on ${JSON.stringify(bad)}`];
      }),
    );
    assert.deepEqual(found, []);
  });

  test("are found, and quadratic ones are distinguished", () => {
    const all = FILES.flatMap((path) => expressionsOf(readFileSync(join(ROOT, path), "utf8")));
    assert.ok(all.length > 100, `${all.length} found`);
    const slow = [/ +$/, /(\S+?)@/, /\s*x/];
    // A quick processor takes little more than what is looked at closely.
    const isTold = (source: string): boolean =>
      Array.from({ length: 10 }).some(() => badText({ line: 1, source, flags: "" }) !== undefined);
    for (const { source } of slow) assert.ok(isTold(source), source);
    assert.equal(badText({ line: 1, source: "^[a-z]+ x", flags: "" }), undefined);
  });
});
