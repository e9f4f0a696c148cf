import assert from "node:assert/strict";
import { test } from "node:test";
import type { Silence } from "../../../daemon/notify/stages/silences.ts";
import { SilenceEnds } from "../../../daemon/notify/silence-ends.ts";

const silence = (id: string, endsAtUnixMs: number): Silence => ({
  ...{ id, endsAtUnixMs, startsAtUnixMs: 0, author: "a", comment: "c", matchers: [] },
});

test("only silences that were active at an earlier check have just ended", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let nowMs = 1000;
  const ended: string[] = [];
  const silences = [silence("long over", 500), silence("timed", 2000), silence("by hand", 90_000)];
  using ends = new SilenceEnds({
    silences: () => silences,
    nowUnixMs: () => nowMs,
    onEnd: (over) => void ended.push(...over.map(({ id }) => id)),
  });
  ends.look();
  assert.deepEqual(ended, [], "it ended before the start");
  nowMs = 2000;
  context.mock.timers.tick(1000);
  assert.deepEqual(ended.splice(0), ["timed"]);
  silences[2] = silence("by hand", 2000);
  ends.look();
  ends.look();
  assert.deepEqual(ended, ["by hand"]);
});
