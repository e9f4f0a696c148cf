import assert from "node:assert/strict";
import { test } from "node:test";
import { Evidence } from "../../../daemon/run/evidence.ts";
import type { RuleSyntax } from "../../../daemon/rules/rule-syntax.ts";
import type { EventRecord } from "../../../daemon/sample/sample.ts";
import { parse, ruleSyntax, spelled } from "../evaluate/rule-for-tests.ts";
import { alert } from "../notify/fixtures.ts";

/** A rule that aggregates `elapsed` by `comm`, and records both. */
function slowCalls(aggregate: string, evidence: number): RuleSyntax {
  const rule = ruleSyntax({ by: ["comm"], threshold: "value > 1", window: 60 });
  const { program } = rule;
  const named = (name: string): { name: ReturnType<typeof spelled>; expression: ReturnType<typeof parse> } => {
    return { name: spelled(name), expression: parse(name) };
  };
  const signal = {
    name: spelled("value"),
    probe: {},
    with: [],
    aggregates: [{ ...named("value"), expression: parse(aggregate) }],
  };
  const signals = [signal] as unknown as RuleSyntax["program"]["signals"];
  return {
    ...rule,
    evidence,
    program: { ...program, signals, event: [named("comm"), { ...named("took"), expression: parse("elapsed") }] },
  };
}

const START_MS = 1_000_000;

function record(comm: string, took: number, atMs = START_MS): EventRecord {
  return { rule: "test", timeNs: BigInt(atMs) * 1_000_000n, fields: { comm, took }, truncated: [] };
}

function told(evidence: Evidence, comm: string, worst: "highest" | "lowest" = "highest"): unknown {
  const judged = { name: "x", unit: "number", value: 1, atUnixMs: START_MS, worst } as const;
  const event = { ...alert, rule: "test", labels: { comm }, startsAtUnixMs: START_MS, windowMs: 60_000, judged };
  return evidence.attach(event).evidence?.map(({ fields }) => fields["took"]);
}

test("the largest records come first, then the latest, even among many other events and busy keys", () => {
  const evidence = new Evidence(slowCalls("histogram(elapsed)", 4));
  for (const took of [5, 260, 7, 90, 8]) evidence.keep(record("slow", took));
  for (let took = 1000; took < 1500; took++) evidence.keep(record("busy", took));
  for (const took of [1, 2, 3]) evidence.keep(record("slow", took));
  assert.deepEqual(told(evidence, "slow"), [260, 90, 3, 2]);
  assert.deepEqual(told(evidence, "slow", "lowest"), [1, 2, 3, 8]);
  assert.equal(told(evidence, "other"), undefined);
});

test("if records lack the aggregated value, the latest are sent", () => {
  const evidence = new Evidence(slowCalls("count()", 3));
  for (const took of [500, 1, 2, 3]) evidence.keep(record("slow", took));
  assert.deepEqual(told(evidence, "slow"), [3, 2, 1]);
});

test("records before the alert's window are left out, and only keys with recent records have evidence", () => {
  const evidence = new Evidence(slowCalls("max(elapsed)", 2));
  evidence.keep(record("slow", 900, START_MS - 61_000));
  evidence.keep(record("slow", 4, START_MS - 59_000));
  evidence.keep(record("slow", 3));
  assert.deepEqual(told(evidence, "slow"), [4, 3]);
  for (let key = 0; key < 20; key++) evidence.keep(record(`c${key}`, 1));
  assert.equal(told(evidence, "slow"), undefined);
  assert.deepEqual(told(evidence, "c0"), [1]);
});
