import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { AGGREGATE_NAMES } from "../../../bpf/check/aggregate-functions.ts";
import { BUILTINS } from "../../../bpf/check/builtins/builtins.ts";
import { FUNCTIONS } from "../../../bpf/check/functions/functions.ts";
import { OTHER_NAMES, WINDOW_FUNCTIONS } from "../../../bpf/check/other-names.ts";
import { OTHER_KINDS } from "../../../bpf/check/probes/other-kinds.ts";
import { PROBE_KINDS } from "../../../bpf/check/probes/probe-kinds.ts";
import { FORMULA_FUNCTIONS } from "../../../daemon/evaluate/formula/formula-functions.ts";
import { QUANTILE_NAMES } from "../../../daemon/evaluate/formula/formula-measures.ts";

describe("names of other tools", () => {
  test("are not names of this language", () => {
    const here = [...BUILTINS.keys(), ...FUNCTIONS.keys(), ...AGGREGATE_NAMES.keys()];
    assert.deepEqual(
      [...OTHER_NAMES.keys()].filter((name) => here.includes(name)),
      [],
    );
    const kinds = PROBE_KINDS.map(({ name }) => name);
    assert.deepEqual(
      [...OTHER_KINDS.keys()].filter((kind) => kinds.includes(kind)),
      [],
    );
  });

  test("lead to functions, aggregates and kinds that exist", () => {
    const known = [...FUNCTIONS.keys(), ...AGGREGATE_NAMES.keys()];
    const called = [...OTHER_NAMES.values()].flatMap((text) => [...text.matchAll(/(\w+)\(/g)].map(([, name]) => name));
    assert.ok(called.length > 10);
    assert.deepEqual(
      called.filter((name) => name === undefined || !known.includes(name)),
      [],
    );
    const kinds = new Set(PROBE_KINDS.map(({ name }) => name));
    assert.deepEqual(
      [...OTHER_KINDS.values()].filter((kind) => !kinds.has(kind)),
      [],
    );
  });

  test("the functions of windows are those of let and threshold", () => {
    assert.deepEqual(
      [...WINDOW_FUNCTIONS].toSorted(),
      [...Object.keys(FORMULA_FUNCTIONS), ...QUANTILE_NAMES].toSorted(),
    );
  });
});
