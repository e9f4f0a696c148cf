import assert from "node:assert/strict";
import { test } from "node:test";
import { labelsText } from "../../../daemon/api/values-text.ts";

test("labels are visible, and quotes and backslashes are escaped as in matchers", () => {
  assert.equal(labelsText({}), "");
  assert.equal(labelsText({ comm: 'a"b\\', port: "80" }), '{comm="a\\"b\\\\", port="80"}');
  assert.equal(labelsText({ comm: "a\nb", text: "a\\x0ab" }), '{comm="a\\x0ab", text="a\\x5cx0ab"}');
});
