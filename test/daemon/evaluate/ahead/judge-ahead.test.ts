import assert from "node:assert/strict";
import { test } from "node:test";
import { compareTrace } from "./ahead-traces.ts";

/** `npm run fuzz` does a million. */
const TRACES = Number(process.env["AHEAD_TRACES"] ?? 5_000);

test(`alerts come out the same if they are judged ahead of their ticks, ${TRACES} random traces`, (context) => {
  let fired = 0;
  for (let seed = 0; seed < TRACES; seed++) fired += compareTrace(seed);
  context.diagnostic(`${fired} alerts fired or rose ahead of their tick`);
  assert.ok(fired > TRACES / 10);
});
