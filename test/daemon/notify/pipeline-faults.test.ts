import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Matcher } from "../../../daemon/matchers/matcher.ts";
import { passed, type Stage } from "../../../daemon/notify/stages/stage.ts";
import type { StepFault } from "../../../daemon/notify/stages/guard.ts";
import { tellFaultsOnce } from "../../../daemon/notify/stage-faults.ts";
import { createLogger } from "../../../daemon/service/logger.ts";
import { route, Simulation, type World } from "./pipeline-fixture.ts";

/** Each alert is a group of its own. */
const EACH_ALONE = route({ groupBy: ["..."] });

/** Throws as a stage would that cannot deal with the alert `bad`. */
function chokeOn(key: string | undefined): void {
  if (key === "bad") throw new TypeError("cannot read properties of undefined");
}

const choking: Stage<"alert"> = {
  name: "mute",
  on: "alert",
  judge({ labels }) {
    chokeOn(labels["key"]);
    return passed("not muted");
  },
};

/**
 * Matchers that can deal with every alert but `bad`: the second one is looked at for that only, and
 * is no regular expression.
 */
const CHOKING: readonly Matcher[] = [
  { name: "key", operator: "=", value: "bad" },
  { name: "key", operator: "=~", value: "(" },
];

/** Worlds in which one alert makes a step fail, by the step. */
const FAULTS: Readonly<Record<string, World>> = {
  mute: { root: EACH_ALONE, filters: [choking] },
  values: {
    root: EACH_ALONE,
    refresh(_rule, event) {
      chokeOn(event.labels["key"]);
      return event;
    },
  },
  route: { root: { ...EACH_ALONE, routes: [{ ...route({ key: "{}/{x}" }), matchers: CHOKING }] } },
  inhibit: { root: EACH_ALONE, inhibit: [{ source: CHOKING, target: [], equal: [] }] },
  budget: { root: EACH_ALONE, budget: throwingOnce() },
};

/** The first message's budget cannot be found out. */
function throwingOnce(): NonNullable<World["budget"]> {
  let asked = 0;
  return {
    action: 1000,
    get rule() {
      asked++;
      if (asked === 1) throw new RangeError("out of range");
      return 1000;
    },
  };
}

suite("a step that fails for one alert", () => {
  for (const [step, world] of Object.entries(FAULTS)) {
    test(`delays neither it nor others (${step})`, () => {
      const faults: StepFault[] = [];
      const simulation = new Simulation({ ...world, onFault: (fault) => faults.push(fault) });
      const messages = simulation.tick("a bad z");
      assert.deepEqual(messages.toSorted(), [
        "hook: a! (first notification)",
        "hook: bad! (first notification)",
        "hook: z! (first notification)",
      ]);
      assert.ok(faults.length > 0);
      assert.deepEqual([...new Set(faults.map((fault) => `${fault.rule} ${fault.step}`))], [`rule ${step}`]);
      assert.deepEqual(simulation.tick("-bad -a").toSorted(), []);
      assert.deepEqual(simulation.run(61_000).toSorted(), [
        "60s hook: -a! (all alerts resolved)",
        "60s hook: -bad! (all alerts resolved)",
      ]);
    });
  }

  test("is reported once", () => {
    const lines: string[] = [];
    const logger = createLogger({ level: "info", format: "json", write: (line) => lines.push(line) });
    const tell = tellFaultsOnce(logger);
    for (let n = 0; n < 3; n++) tell({ rule: "a", step: "mute", error: new Error("broken") });
    tell({ rule: "b", step: "mute", error: new Error("broken") });
    const entries = lines.map(
      (line) => JSON.parse(line) as { readonly rule: string; readonly err: { message: string } },
    );
    assert.deepEqual(
      entries.map(({ rule, err }) => `${rule}: ${err.message}`),
      ["a: broken", "b: broken"],
    );
  });
});
