import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import ruleSchema from "../../../schemas/rule.schema.json" with { type: "json" };
import settingsSchema from "../../../schemas/settings.schema.json" with { type: "json" };
import { readYaml } from "../../../daemon/yaml/read-yaml.ts";
import { plainValue } from "../../../daemon/yaml/yaml-node.ts";

const check = new Ajv2020({ strictTypes: false }).compile(ruleSchema);

describe("the rule schema, by itself, as an editor uses it", () => {
  for (const name of ["conflicting-keys", "key-without-effect", "missing-key", "reserved-name", "unknown-key"]) {
    test(`refuses the faults of ${name}`, () => {
      const path = join(import.meta.dirname, `../../diagnostics/rules/${name}.yaml`);
      for (const { root } of readYaml({ path, text: readFileSync(path, "utf8") })) {
        assert.ok(root !== undefined);
        assert.equal(check(plainValue(root)), false, JSON.stringify(plainValue(root)));
      }
    });
  }

  test("describes every key of rules and settings", () => {
    for (const properties of [ruleSchema.properties, settingsSchema.properties]) {
      for (const [key, property] of Object.entries(properties)) assert.ok(property.description.length > 10, key);
    }
  });
});
