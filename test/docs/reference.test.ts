import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { generatedParts, regenerated } from "./generated.ts";
import { PAGES, ROOT } from "./pages.ts";
import { REFERENCE } from "./reference.ts";

describe("the generated parts of the pages equal the tables of the code (UPDATE_DOCS=1 writes them)", () => {
  for (const { path, text } of PAGES.filter(({ text }) => generatedParts(text).length > 0)) {
    test(path, async () => {
      const wanted = await regenerated(text);
      if (process.env["UPDATE_DOCS"] === "1") writeFileSync(join(ROOT, path), wanted);
      else assert.equal(text, wanted);
    });
  }

  test("each part is on one page", () => {
    assert.deepEqual(PAGES.flatMap(({ text }) => generatedParts(text)).toSorted(), Object.keys(REFERENCE).toSorted());
  });
});
