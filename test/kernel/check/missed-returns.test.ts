import assert from "node:assert/strict";
import { checked, type SpanText } from "../../bpf/check/rule.ts";
import { kernel } from "../compile/host.ts";
import { kernelTest } from "../privilege.ts";

const GETPPID = "uretprobe:libc:getppid";
const START = "value_from_deep";
const END = "value_to_deep";

/** The names of the programs at entries that count returns which are not probed. */
function countersOf(span: Partial<SpanText>, filter?: string): readonly string[] {
  const probe = { from: GETPPID, to: GETPPID, ...span };
  const signal = { probe, aggregate: "count()", ...(filter !== undefined && { filter }) };
  const { programs } = checked({ signals: { value: signal } }, kernel);
  const counting = programs.flatMap(({ name, steps }) => steps.map((step) => step.do === "return-missed" && name));
  return counting.filter((name) => name !== false);
}

kernelTest("a missed return that ends a span and starts the next one is counted once, as the end", () => {
  assert.deepEqual(countersOf({}), [END]);
  assert.deepEqual(countersOf({}, "pid == 7"), [END]);
  assert.deepEqual(countersOf({ match: "uid" }), [END]);
  const filter = "pid * 3 > 8 and pid * 3 < 80";
  assert.deepEqual(countersOf({ match: "uid", fromFilter: filter }), [END]);
  assert.deepEqual(countersOf({ match: "uid", fromFilter: `uid > 0 and ${filter}`, toFilter: filter }), [END]);
});

kernelTest("a missed start in another thread is counted if the filters of the end may reject it", () => {
  assert.deepEqual(countersOf({ match: "uid", fromFilter: "pid == 7", toFilter: "pid == 8" }), [START, END]);
  assert.deepEqual(countersOf({ match: "uid", toFilter: "pid == 8" }), [START, END]);
});

kernelTest("filters of the end that are known only at its return reject no missed start", () => {
  assert.deepEqual(countersOf({ match: "uid", toFilter: "retval == 0" }), [END]);
});
