import assert from "node:assert/strict";
import { test } from "node:test";
import { nativeLibrary } from "../../../bpf/libbpf-ts/src/native.ts";
import { reportHostTrouble } from "../../../daemon/cli/host-trouble.ts";

test("a missing library is reported in one line, at the first call and not before", (t) => {
  const absent = nativeLibrary("libabsent.so.1", "libabsent.so.1 not found: install libabsent").bind("int absent()");
  const print = t.mock.method(console, "error", () => undefined);
  t.after(() => (process.exitCode = undefined));
  assert.throws(absent, (error) => {
    reportHostTrouble(error);
    return true;
  });
  assert.deepEqual(print.mock.calls[0]?.arguments, ["bpfwarden: error: libabsent.so.1 not found: install libabsent"]);
  assert.equal(process.exitCode, 1);
});
