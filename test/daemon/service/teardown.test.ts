import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createTeardown } from "../../../daemon/service/teardown.ts";

const AMPLE_MS = 60_000;

suite("teardown", () => {
  test("runs the last step first, each after the one before has ended", async () => {
    const done: string[] = [];
    const teardown = createTeardown(AMPLE_MS);
    teardown.add("store", () => void done.push("store"));
    teardown.add("rules", async () => {
      await Promise.resolve();
      done.push("rules");
    });
    teardown.add("socket", () => void done.push("socket"));
    assert.deepEqual(await teardown.run(), []);
    assert.deepEqual(done, ["socket", "rules", "store"]);
  });

  test("runs each step once", async () => {
    let runs = 0;
    const teardown = createTeardown(AMPLE_MS);
    teardown.add("x", () => void runs++);
    await teardown.run();
    await teardown.run();
    assert.equal(runs, 1);
  });

  test("continues after steps that fail, and names them", async () => {
    const done: string[] = [];
    const teardown = createTeardown(AMPLE_MS);
    teardown.add("first", () => void done.push("first"));
    teardown.add("throws", () => {
      throw new Error("broken");
    });
    teardown.add("rejects", () => Promise.reject(new Error("refused")));
    const failures = await teardown.run();
    assert.deepEqual(done, ["first"]);
    assert.deepEqual(
      failures.map(({ step, error }) => `${step}: ${error.message}`),
      ["rejects: refused", "throws: broken"],
    );
  });

  test("stops waiting for a step that hangs, and still starts the remaining ones", async () => {
    const done: string[] = [];
    const teardown = createTeardown(20);
    teardown.add("first", () => void done.push("first"));
    teardown.add("hangs", () => new Promise<void>(() => undefined));
    const failures = await teardown.run();
    assert.deepEqual(done, ["first"]);
    assert.deepEqual(
      failures.map(({ step, error }) => `${step}: ${error.message}`),
      ["hangs: not finished within 20 ms"],
    );
  });
});
