import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { whileUsed } from "../../../bpf/kernel/while-used.ts";

test("a value is computed once while it is held, and again after it was released", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  let computed = 0;
  const value = whileUsed(() => ({ number: ++computed }));

  let held: object | undefined = value();
  await setImmediate();
  collect();
  assert.equal(value(), held);
  assert.equal(computed, 1);

  held = undefined;
  await setImmediate();
  collect();
  assert.equal(value().number, 2);
});

test("a failure is not kept", () => {
  let fails = true;
  const value = whileUsed(() => {
    if (fails) throw new Error("not there");
    return {};
  });
  assert.throws(value, /not there/);
  fails = false;
  assert.ok(value());
});
