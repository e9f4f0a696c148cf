import { test } from "node:test";
import * as fc from "fast-check";
import { Life } from "./life.ts";
import { setting, steps } from "./step.ts";

/** More, or others, by hand with LIFECYCLE_SEQUENCES and RANDOM_SEED. */
const SEQUENCES = Number(process.env["LIFECYCLE_SEQUENCES"] ?? 100_000);
/** The same in each run: whether a change is good must not depend on luck. */
const SEED = Number(process.env["RANDOM_SEED"] ?? 1);

test(`an alert's life keeps its promises in ${SEQUENCES} sequences of ticks, restarts, clocks and silences`, () => {
  fc.assert(
    fc.property(setting, steps, (start, lived) => {
      const life = new Life(start);
      life.live(lived);
      life.end();
    }),
    { numRuns: SEQUENCES, seed: SEED },
  );
});
