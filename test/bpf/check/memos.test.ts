import assert from "node:assert/strict";
import { test } from "node:test";
import { fixtureKernel } from "../kernel-fixture.ts";
import { check, checked, type RuleText, type SignalText } from "./rule.ts";

const kernel = fixtureKernel();
const ENTER = "tracepoint:syscalls:sys_enter_read";
const EXIT = "tracepoint:syscalls:sys_exit_read";
const COUNTED: SignalText = { probe: EXIT, aggregate: "sum(seen)", set: { seen: "0" } };

const rule = (
  enter: Partial<SignalText>,
  state: RuleText["state"] = { s: { by: ["tid"], keep: ["seen", "last"] } },
) => ({
  signals: { enter: { probe: ENTER, ...enter }, value: COUNTED },
  state,
});

const told = (text: RuleText): readonly string[] => check(text, kernel).diagnostics.map(({ message }) => message);

test("kept values are read before their first use, and set after everything else", () => {
  const program = checked(rule({ filter: "args.fd > 2", set: { seen: "seen + 1" } }), kernel);
  assert.deepEqual(
    program.programs.map(({ steps }) => steps.flatMap((step) => (step.do === "only-at" ? [] : [step.do])).join(" ")),
    ["filter matched memo-read bind memo-write", "memo-read matched aggregate memo-write"],
  );
  assert.deepEqual(
    program.memos.map(({ name, keeps, key }) => [name, keeps, key.length]),
    [["s", ["seen", "last"], 1]],
  );
});

test("a signal that sets something needs no aggregate", () => {
  assert.deepEqual(told(rule({ set: { last: "1" } })), []);
  assert.deepEqual(told(rule({})), ['"enter" counts nothing']);
});

test("a value that cannot be set is reported once", () => {
  assert.deepEqual(told(rule({ set: { sean: "1" } })), ['"state" has no name "sean"']);
  assert.deepEqual(told(rule({ set: { seen: 'cast(args.fd, "s64")' } })), [
    "expected an unsigned number, found a signed one",
  ]);
  assert.deepEqual(told(rule({ set: { seen: "-1" } })), ["expected an unsigned number, found a signed one"]);
  assert.deepEqual(told(rule({ set: { seen: "comm" } })), ["expected an integer, found a string"]);
});

test("duplicate names, and keys that need the values that they find, are errors", () => {
  const twice = { s: { by: ["tid"], keep: ["seen"] }, t: { by: ["pid"], keep: ["seen"] } };
  assert.deepEqual(told(rule({ set: { seen: "1" } }, twice)), ['expected names that differ, found "seen" twice']);
  const circular = { s: { by: ["seen"], keep: ["seen"] } };
  assert.match(told(rule({ set: { seen: "1" } }, circular))[0] ?? "", /unknown name "seen"/);
});
