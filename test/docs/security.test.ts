import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "./pages.ts";

const text = readFileSync(join(ROOT, "docs/security.md"), "utf8");
const [, attacks = ""] = text.split(/^## What other users can make the daemon do$/m);
const rows = [...attacks.matchAll(/^\| (\S[^|]*)\|([^|]*)\| *`([\w.-]+\.test\.ts)` *\|$/gm)];
const paths = [...attacks.matchAll(/`(test\/[\w./-]+\.test\.ts)`/g)].map(([, path = ""]) => path);

test("each attack on the page names what stops it and a test that runs as another user", () => {
  // All lines of the table, without its head.
  const lines = attacks
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(2);
  assert.equal(rows.length, lines.length);
  assert.ok(rows.length > 10);
  for (const [, attack = "", stop = "", name = ""] of rows) {
    assert.notEqual(stop.trim(), "", attack);
    const path = paths.find((each) => each.endsWith(`/${name}`));
    assert.ok(path !== undefined, `${name} is not among the paths below the table`);
    assert.match(readFileSync(join(ROOT, path), "utf8"), /setpriv|setresuid|NOBODY/, path);
  }
});

test("each test on the page belongs to an attack", () => {
  const named = new Set(rows.map(([, , , name]) => name));
  assert.deepEqual(
    paths.filter((path) => !named.has(path.split("/").at(-1))),
    [],
  );
});
