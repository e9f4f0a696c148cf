import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { dirname, basename, join } from "node:path";
import { suite, test } from "node:test";
import { DELIVERIES, folderOf } from "../../../daemon/notify/deliveries.ts";
import { RECEIVER_KINDS, receiverOf } from "../../../daemon/receivers/receivers.ts";
import { SECRET_KEYS } from "../../../daemon/settings/secret-keys.ts";

const FOLDER = join(import.meta.dirname, "../../../daemon/receivers");

suite("the table of receivers", () => {
  test("has each folder", () => {
    const folders = globSync("*/settings.ts", { cwd: FOLDER }).map((path) => basename(dirname(path)));
    assert.deepEqual(RECEIVER_KINDS.map(folderOf).toSorted(), folders.toSorted());
  });

  for (const kind of RECEIVER_KINDS) {
    test(`${kind} delivers, and takes records at once only if its limits say so`, () => {
      const delivery = DELIVERIES.get(kind);
      assert.equal(typeof delivery?.deliver, "function");
      assert.equal(delivery?.takeRecords !== undefined, receiverOf({ kind }).takesRecords);
    });

    test(`${kind} describes each key`, () => {
      const { properties, description } = receiverOf({ kind }).schema;
      for (const [key, property] of [["", { description }] as const, ...Object.entries(properties)])
        assert.match((property as { description?: string }).description ?? "", /^[A-Z-].+\.$/s, key);
    });
  }

  test("knows secrets by their schema", () => {
    const paths = SECRET_KEYS.map(({ path, use }) => `${path.join(".")}: ${use}`);
    assert.ok(paths.includes("actions.*.webhook.url: url"), paths.join("\n"));
  });
});
