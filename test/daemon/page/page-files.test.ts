import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { PAGE_FILES, PAGE_HEADERS, pageFile } from "../../../daemon/page/page-files.ts";

const FOLDER = join(import.meta.dirname, "../../../daemon/page/browser");
const texts = new Map(PAGE_FILES.map((name) => [name, readFileSync(join(FOLDER, name), "utf8")]));

test("the files of the folder are served, and no other path is", () => {
  const there = readdirSync(FOLDER).filter((name) => name !== "tsconfig.json");
  assert.deepEqual([...PAGE_FILES].toSorted(), there.toSorted());
  for (const name of ["tsconfig.json", "../status-page.ts", "/etc/passwd", "..", ""])
    assert.equal(pageFile(name), undefined, name);
});

test("the page asks for nothing but its own files", () => {
  for (const [name, text] of texts) {
    const asked = [...text.replaceAll(/@import .*/g, "").matchAll(/(?:src|href|from) ?=? ?"([^"]+)"/g)].map(
      ([, path = ""]) => path,
    );
    for (const path of asked.filter((each) => !each.startsWith("#")))
      assert.ok(PAGE_FILES.includes(path.replace(/^(?:\.|page)\//, "")), `${name}: ${path}`);
    assert.doesNotMatch(text, /url\(|@import url|https?:\/\/(?!www\.w3\.org\/)/, name);
  }
});

test("no text can become markup or code", () => {
  for (const [name, text] of texts)
    assert.doesNotMatch(
      text,
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|DOMParser|srcdoc|\son[a-z]+=|style="/,
      name,
    );
});

test("a policy lets browsers run and load only these files, and show them in no frame", () => {
  const policy = PAGE_HEADERS["Content-Security-Policy"] ?? "";
  assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';/);
  assert.match(policy, /frame-ancestors 'none'; base-uri 'none'; form-action 'self'$/);
  assert.doesNotMatch(policy, /unsafe/);
  assert.equal(PAGE_HEADERS["Referrer-Policy"], "no-referrer");
  assert.equal(PAGE_HEADERS["Cross-Origin-Resource-Policy"], "same-origin");
});
