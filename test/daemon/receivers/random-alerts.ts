import * as fc from "fast-check";
import type { AlertEvent } from "../../../daemon/evaluate/alerts/alert.ts";
import { LEVELS } from "../../../daemon/rules/levels.ts";
import { alert } from "../notify/fixtures.ts";

/** Texts that attackers would write: markup, mentions, links, headers, escapes, controls. */
const HOSTILE = [
  "<!channel> @everyone @here <@U123>",
  "<b>x</b><script>alert(1)</script>&amp;",
  "[click](https://evil.example/) <https://evil.example|ok>",
  "*bold* _it_ `code` ~s~ || spoiler ||",
  "a\r\nBcc: x@example.org\r\n\r\nbody",
  '","injected":"yes","x":"',
  "\u001b[31m\u009b\u202e\u200b\u2066",
  "\\x41 \\u{202e} \\",
  "👩‍👩‍👧‍👦".repeat(30),
  "e\u0301".repeat(500),
  "\ud800",
];

/** A text of an alert, often a hostile one. */
const TEXT = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.tuple(fc.constantFrom(...HOSTILE), fc.nat(12)).map(([text, count]) => text.repeat(1 + count)),
);

/** Alerts of all kinds and sizes. */
export const RANDOM_ALERT: fc.Arbitrary<AlertEvent> = fc
  .record({
    labels: fc.dictionary(fc.constantFrom("comm", "daddr", "file", "team"), TEXT),
    status: fc.constantFrom("firing" as const, "resolved" as const),
    level: fc.constantFrom(...LEVELS),
    ...{ summary: TEXT, reason: TEXT, description: TEXT },
    wasUnknown: fc.boolean(),
  })
  .map(({ wasUnknown, ...event }) => ({
    ...{ ...alert, ...event },
    ...(event.status === "resolved" && { endsAtUnixMs: alert.startsAtUnixMs + 60_000, wasUnknown }),
  }));

/** The alerts that each format is tried with. */
export const RANDOM_ALERTS: readonly AlertEvent[] = fc.sample(RANDOM_ALERT, { numRuns: 200, seed: 20_261_130 });
