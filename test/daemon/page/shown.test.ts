import assert from "node:assert/strict";
import { test } from "node:test";
import { shown, shownLabels, webLink } from "../../../daemon/page/shown.ts";

test("texts from outside are visible and short", () => {
  assert.equal(shown('<script>\u001b[2J\u202e\n"'), '<script>\\x1b[2J\\u{202e}\\x0a"');
  const long = shown("\u0007".repeat(4096));
  assert.ok(long.length <= 400 && long.endsWith("\\x07…"), long);
  assert.equal(shownLabels({ file: "a\nb", other: "\\x0a" }), '{file="a\\x0ab", other="\\x5cx0a"}');
});

test("only addresses of the web become links", () => {
  assert.equal(webLink("https://wiki.example.org/x?y=1"), "https://wiki.example.org/x?y=1");
  const others = ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", " jAvAsCrIpT:x", "/x", ""];
  for (const other of others) assert.equal(webLink(other), "", other);
  assert.equal(webLink(undefined), "");
});
