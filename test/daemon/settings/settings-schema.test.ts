import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { format } from "prettier";
import { settingsSchema } from "../../../daemon/settings/settings-schema.ts";

const PATH = join(import.meta.dirname, "../../../schemas/settings.schema.json");

test("the schema for editors has the receivers of the table (UPDATE_DOCS=1 writes them)", async () => {
  const wanted = await format(JSON.stringify(settingsSchema), { parser: "json", printWidth: 120 });
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(PATH, wanted);
  else assert.deepEqual(JSON.parse(readFileSync(PATH, "utf8")), JSON.parse(wanted));
});
