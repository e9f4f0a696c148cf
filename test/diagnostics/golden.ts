import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

/** Compares a text with a file beside the case; with UPDATE_GOLDEN=1 writes the file instead. */
export function assertGolden(path: string, actual: string): void {
  const text = `${actual}\n`;
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, text);
  assert.ok(existsSync(path), `${path} does not exist: run with UPDATE_GOLDEN=1, and read what it writes`);
  assert.equal(text, readFileSync(path, "utf8"));
}
