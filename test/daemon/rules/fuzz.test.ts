import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parseExpression, wholeText } from "../../../bpf/language/parse-expression.ts";
import { formatDiagnostics } from "../../../bpf/source/format-diagnostic.ts";
import { readSettings } from "../../../daemon/settings/read-settings.ts";
import { fixtureKernel } from "../../bpf/kernel-fixture.ts";
import { throughFrontEnd } from "../../fuzz/front-end.ts";
import { asFilter, HOSTILE_EXPRESSIONS, HOSTILE_FILES } from "../../fuzz/hostile-texts.ts";
import { fileBytes, longText, mutated, tokenSoup } from "../../fuzz/random-texts.ts";
import { Random } from "../../kernel/compile/random-rules-random.ts";

// `npm run fuzz` does the same with a million texts, prints how long the slowest took, and fails
// where 64 KiB take too long to read.

const ROOT = join(import.meta.dirname, "../../..");
const kernel = fixtureKernel();
const ROUNDS = 600;

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function texts(...folders: readonly string[]): readonly string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith(".yaml") && !name.startsWith("too-many"))
      .map((name) => readFileSync(join(ROOT, folder, name), "utf8")),
  );
}

/** Seeds are fixed, so that a failure comes again. */
function rounds(check: (random: Random) => void): void {
  for (let seed = 0; seed < ROUNDS; seed++) check(new Random(seed));
}

test("no mutation of a rule file makes a stage throw, or point outside the file", () => {
  const rules = texts("test/diagnostics/rules", "rules.d");
  rounds((random) => throughFrontEnd(fileBytes(mutated(random.pick(rules), random), random), kernel));
});

test("no mutation of a settings file makes the reader throw", () => {
  const settings = texts("test/diagnostics/settings");
  rounds((random) => {
    const text = mutated(random.pick(settings), random);
    const { result, diagnostics } = readSettings({ path: "x.yaml", text }, "/etc", "host");
    // A receiver that can never work does not keep the daemon from notifying the others.
    assert.equal(
      result === undefined,
      diagnostics.some(({ code }) => code !== "bad-receiver"),
    );
    formatDiagnostics(diagnostics);
  });
});

test("no order of tokens makes the parser throw, nor the checker for a valid expression", () => {
  rounds((random) => {
    const text = tokenSoup(random);
    const { result, diagnostics } = parseExpression(wholeText({ path: "x.yaml", text }));
    assert.ok(result !== undefined || diagnostics.length > 0);
    throughFrontEnd(encode(asFilter(text)), kernel);
  });
});

test("no order of signs, and no long row of them, makes the readers throw", () => {
  const rules = texts("rules.d");
  for (let seed = 0; seed < 40; seed++) throughFrontEnd(encode(longText(65_536, rules, new Random(seed))), kernel);
});

describe("texts of 64 KiB that nest or repeat come to an end, with few diagnostics", () => {
  for (const [name, text] of HOSTILE_FILES) test(name, () => void throughFrontEnd(encode(text(65_536)), kernel));
});

describe("expressions that nest or repeat come to an end, also those just below the greatest length", () => {
  for (const [name, text] of HOSTILE_EXPRESSIONS) {
    test(name, () => {
      for (const size of [16_000, 65_536]) throughFrontEnd(encode(asFilter(text(size))), kernel);
    });
  }
});
