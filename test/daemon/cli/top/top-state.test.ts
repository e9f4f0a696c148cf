import assert from "node:assert/strict";
import { test } from "node:test";
import { keyPresses } from "../../../../daemon/cli/top/key-presses.ts";
import { afterKey, START, type TopState } from "../../../../daemon/cli/top/top-state.ts";

const LISTED = ["a", "b", "c"];

function typed(text: string, state: TopState = START): TopState {
  return keyPresses(text).reduce((before, press) => afterKey(before, press, LISTED), state);
}

test("keys of a terminal have names, and others are left out", () => {
  assert.deepEqual(keyPresses("x\u001b[A\u001bOB\r\u007fé\u001b[1;5D\u0001"), [
    { character: "x" },
    { key: "up" },
    { key: "down" },
    { key: "enter" },
    { key: "erase" },
    { character: "é" },
  ]);
});

test("arrows move the mark within the list, Enter opens a rule, and Escape closes it", () => {
  assert.equal(typed("\u001b[B").marked, "b");
  assert.equal(typed("\u001b[B\u001b[B\u001b[B\u001b[A").marked, "b");
  assert.equal(typed("\u001b[A").marked, "a");
  assert.equal(typed("\r").rule, "a");
  assert.equal(typed("\u001b[B\r").rule, "b");
  assert.equal(typed("\u001b[B\r\u001b").rule, undefined);
});

test("letters choose the order, and belong to the filter while it is typed", () => {
  assert.equal(typed("m").order, "memory");
  assert.deepEqual(typed("/mq\r"), { ...START, filter: "mq" });
  assert.equal(typed("/mq\u007f\r").filter, "m");
  assert.equal(typed("/mq\u001b").filter, "");
  assert.equal(typed("q").isOver, true);
  assert.equal(typed("/q\u0003").isOver, true);
});
