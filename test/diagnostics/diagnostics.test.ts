import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { formatDiagnostics } from "../../bpf/source/format-diagnostic.ts";
import { findConfiguration } from "../../daemon/rules/find-configuration.ts";
import { readRuleFolder } from "../../daemon/rules/read-rule-folder.ts";
import { checkFile, DEFAULTS } from "./check-file.ts";
import { CODE_TABLES, TESTED_ELSEWHERE } from "./code-tables.ts";
import { FOLDER_CASES, SECRET_CASES } from "./folder-cases.ts";
import { assertGolden } from "./golden.ts";

const HERE = import.meta.dirname;
const seen = new Set<string>();

for (const folder of ["rules", "settings", "tests"]) {
  describe(`messages about bad ${folder}`, () => {
    const cases = readdirSync(join(HERE, folder)).filter((name) => name.endsWith(".yaml"));
    for (const name of cases) {
      test(name, () => {
        const path = join(HERE, folder, name);
        assertGolden(path.replace(/\.yaml$/, ".out"), format(checkFile(path)));
      });
    }
  });
}

describe("messages about bad folders", () => {
  for (const [name, build] of Object.entries(FOLDER_CASES)) {
    test(name, async (context) => {
      const root = mkdtempSync(join(tmpdir(), "bpfwarden-"));
      context.after(() => rmSync(root, { recursive: true }));
      const folder = join(root, "rules.d");
      mkdirSync(folder, { mode: 0o755 });
      build(folder);
      const text = format((await readRuleFolder([folder], DEFAULTS)).diagnostics).replaceAll(`${root}/`, "");
      assertGolden(join(HERE, "folders", `${name}.out`), text);
    });
  }
});

describe("messages about secrets", () => {
  for (const [name, build] of Object.entries(SECRET_CASES)) {
    test(name, async (context) => {
      const folder = mkdtempSync(join(tmpdir(), "bpfwarden-"));
      context.after(() => rmSync(folder, { recursive: true }));
      chmodSync(folder, 0o755);
      mkdirSync(join(folder, "rules.d"));
      build(folder);
      const older = { settings: undefined, hasSettingsFile: false };
      const { settings, diagnostics } = await findConfiguration(folder, "host.example.org", older, new Map());
      assert.ok(settings !== undefined, "warnings leave the settings in force");
      const text = format(diagnostics).replaceAll(`${folder}/`, "");
      assert.doesNotMatch(text, /hunter/, "nothing of a secret is shown");
      assertGolden(join(HERE, "folders", `${name}.out`), text);
    });
  }
});

const codes = CODE_TABLES.flatMap((table) => Object.entries(table));
const known: Readonly<Record<string, string>> = Object.fromEntries(codes);

test("every code has a case, or a test elsewhere", () => {
  const missing = codes.filter(([code]) => !seen.has(code) && !hasOtherTest(code));
  assert.deepEqual(missing, []);
});

test("a code means one thing in all stages", () => {
  assert.equal(new Set(codes.map(([code, meaning]) => `${code}: ${meaning}`)).size, new Set(Object.keys(known)).size);
});

test("every code with a case is in a table", () => {
  assert.deepEqual(
    [...seen].filter((code) => !Object.hasOwn(known, code)),
    [],
  );
});

function hasOtherTest(code: string): boolean {
  const path = TESTED_ELSEWHERE.get(code);
  return path !== undefined && readFileSync(join(HERE, "..", path), "utf8").includes(code);
}

function format(diagnostics: readonly Diagnostic[]): string {
  for (const diagnostic of diagnostics) seen.add(diagnostic.code);
  return formatDiagnostics(diagnostics);
}
