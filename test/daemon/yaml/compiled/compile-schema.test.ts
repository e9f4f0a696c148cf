import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, suite, test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { compileSchema } from "../../../../daemon/yaml/compiled/compile-schema.ts";

const schema = {
  type: "object",
  properties: { name: { type: "string", maxLength: 3 }, list: { type: "array", uniqueItems: true } },
  required: ["name"],
  additionalProperties: false,
};
const VALUES: readonly unknown[] = [
  { name: "a" },
  { name: "😀😀😀😀" },
  { name: "abc", list: [{ a: 1 }, { a: 1 }] },
  {},
  7,
];

let folder = "";
const ajv = new Ajv2020({ allErrors: true, verbose: true, strictTypes: false, ownProperties: true }).compile(schema);

function assertAsAjv(): void {
  const check = compileSchema(schema, folder);
  for (const value of VALUES) {
    assert.equal(check(value), ajv(value));
    assert.deepEqual(check.errors, ajv.errors);
  }
}

/** Ways to spoil the file of a compiled schema. */
const SPOILT: Readonly<Record<string, (path: string) => void>> = {
  "is empty": (path) => writeFileSync(path, ""),
  "is cut": (path) => truncateSync(path, 100),
  throws: (path) => writeFileSync(path, "throw new Error();"),
  "could be written by others": (path) => {
    writeFileSync(path, "module.exports = () => true;");
    chmodSync(path, 0o622);
  },
};

const kept = (): string => join(folder, readdirSync(folder)[0] ?? "");

suite("compiled schemas", () => {
  const root = mkdtempSync(join(tmpdir(), "bpfwarden-"));
  after(() => rmSync(root, { recursive: true }));
  beforeEach(() => (folder = mkdtempSync(join(root, "cache-"))));

  test("say the same when they are loaded as when they are compiled", () => {
    assertAsAjv();
    const { ino } = statSync(kept());
    assertAsAjv();
    assert.equal(statSync(kept()).ino, ino, "the second time it is loaded");
    assert.equal(readdirSync(folder).length, 1);
  });

  for (const [what, spoil] of Object.entries(SPOILT)) {
    test(`are compiled again if the file ${what}`, () => {
      assertAsAjv();
      spoil(kept());
      assertAsAjv();
    });
  }

  test("are compiled if the folder cannot be written", () => {
    folder = join(folder, "missing");
    assertAsAjv();
  });
});
