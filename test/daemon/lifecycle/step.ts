import * as fc from "fast-check";
import type { TestRule } from "../evaluate/rule-for-tests.ts";

/** The rule and the settings of a sequence. */
export interface Setting {
  readonly rule: Required<Pick<TestRule, "for" | "keepFiring" | "noData">>;
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatMs: number;
}

/** One thing that happens to the daemon. Times are milliseconds. */
export type Step =
  | { readonly kind: "tick"; readonly counted: number | undefined; readonly degraded: boolean; readonly times: number }
  /** the daemon was blocked, or the machine slept: the next tick's counts are of all that time */
  | { readonly kind: "late"; readonly counted: number; readonly byMs: number }
  /** the wall clock is set; the clock that runs on in suspend does not notice */
  | { readonly kind: "clock"; readonly byMs: number }
  /** it ends, and another process begins with the saved state */
  | { readonly kind: "restart"; readonly downMs: number }
  /** the machine too: its clocks but the wall's begin anew */
  | { readonly kind: "reboot"; readonly downMs: number }
  /** the rule's file is written again with another summary */
  | { readonly kind: "reload" }
  | { readonly kind: "silence"; readonly forMs: number }
  | { readonly kind: "unsilence" };

/**
 * The counts of a rule are below, between and above its thresholds (see life.ts), and stay for a
 * while.
 */
const COUNTS = [0, 1, 4, 5, 7, 9, 15, 25, 35] as const;

const tick = fc.record({
  kind: fc.constant("tick" as const),
  counted: fc.option(fc.constantFrom(...COUNTS), { nil: undefined, freq: 8 }),
  degraded: fc.integer({ min: 0, max: 15 }).map((number) => number === 15),
  times: fc.integer({ min: 1, max: 6 }),
});

const others = fc.oneof(
  fc.record({
    kind: fc.constant("late" as const),
    counted: fc.constantFrom(...COUNTS),
    byMs: fc.constantFrom(400, 1500, 5000, 3 * 3_600_000),
  }),
  fc.record({ kind: fc.constant("clock" as const), byMs: fc.constantFrom(-86_400_000, -5000, 5000, 86_400_000) }),
  fc.record({ kind: fc.constant("restart" as const), downMs: fc.constantFrom(300, 2000, 60_000, 2 * 3_600_000) }),
  fc.record({ kind: fc.constant("reboot" as const), downMs: fc.constantFrom(30_000, 2 * 3_600_000) }),
  fc.constant({ kind: "reload" as const }),
  fc.record({ kind: fc.constant("silence" as const), forMs: fc.constantFrom(2000, 20_000, 300_000) }),
  fc.constant({ kind: "unsilence" as const }),
);

export const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof({ weight: 5, arbitrary: tick }, { weight: 1, arbitrary: others }),
  { minLength: 1, maxLength: 30 },
);

export const setting: fc.Arbitrary<Setting> = fc.record({
  rule: fc.record({
    for: fc.integer({ min: 0, max: 4 }),
    keepFiring: fc.integer({ min: 0, max: 3 }),
    noData: fc.constantFrom("keep", "ok", "alert"),
  }),
  groupWaitMs: fc.constantFrom(0, 2000),
  groupIntervalMs: fc.constantFrom(1000, 5000),
  repeatMs: fc.constantFrom(4000, 3_600_000),
});
