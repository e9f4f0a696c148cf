import assert from "node:assert/strict";
import { test } from "node:test";
import { alertViews } from "../../../daemon/evaluate/alerts/alert-lifecycle.ts";
import { evaluateRule } from "../../../daemon/evaluate/evaluate-rule.ts";
import type { SampleRow } from "../../../daemon/sample/sample.ts";
import { row, sampleAt, stateOf, type TestRule } from "./rule-for-tests.ts";

/**
 * The count of one tick, and the expected state of the one key after it, with events before the
 * state.
 */
export type ScriptLine = readonly [counted: number | "nothing" | "degraded", expected: string];

/**
 * A test that reads as time goes by: one line a second. Expected is the state, with the level where
 * it fires, and the events of the tick before it: `firing:warning > firing:warning` is an alert
 * that fires and then does.
 */
export function timeScript(name: string, rule: TestRule, lines: readonly ScriptLine[]): void {
  test(name, () => {
    const state = stateOf(rule);
    const seen = lines.map(([counted], index) => {
      const rows: readonly SampleRow[] = typeof counted === "number" ? [row([counted])] : [];
      const moment = {
        unixMs: 1_000_000 + 1000 * index,
        tickMs: 1000,
        ...(counted === "degraded" && { degraded: "detached" }),
      };
      const events = evaluateRule(state, sampleAt(index + 1, rows), moment);
      const view = alertViews(state)[0];
      const shown = view?.level === undefined ? (view?.state ?? "forgotten") : `${view.state}:${view.level}`;
      const said = events.map(
        (event) => `${event.rule === "test" ? "" : `${event.rule} `}${event.status}:${event.level}`,
      );
      return [counted, [...said, shown].join(" > ")];
    });
    assert.deepEqual(seen, lines);
  });
}
