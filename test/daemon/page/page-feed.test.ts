import assert from "node:assert/strict";
import { test } from "node:test";
import { PageFeed } from "../../../daemon/page/page-feed.ts";
import type { PageMessage, PageReport, PageRule, PageRuleView } from "../../../daemon/page/page-report.ts";

function rule(id: string, value: string): PageRule {
  const rest = { labels: "", keys: "1", probes: "1", kernel: "1KiB", cpu: "", run: "", lost: "" };
  return { id, state: "ok", value, ...rest };
}

function reportOf(rules: readonly PageRule[]): Omit<PageReport, "views"> {
  return { head: [], alerts: [], rules, charts: [], receivers: [], silences: [], problems: [], history: [] };
}

const view = (id: string): PageRuleView => {
  const empty = { description: "", facts: [], thresholds: [], keys: [], omitted: 0 };
  return { id, runs: true, why: "", state: "ok", ...empty };
};

interface Fed extends Disposable {
  readonly feed: PageFeed;
  readonly made: () => number;
  readonly follow: (name?: string) => AsyncGenerator<PageMessage, void>;
}

/** A feed on a clock that is moved by hand: making a report takes `tookMs`. */
function fed(rules: () => readonly PageRule[], tookMs = 0): Fed {
  let [nowMs, made] = [0, 0];
  const report = (): Omit<PageReport, "views"> => {
    made++;
    nowMs += tookMs;
    return reportOf(rules());
  };
  const clock = { nowMs: () => nowMs, nowUnixMs: () => 1_700_000_000_000 + nowMs };
  const onFault = (error: unknown): void => assert.fail(String(error));
  const feed = new PageFeed({ ...clock, report, view, onFault, turnMs: 10, maxFollowers: 2 });
  const gone = new AbortController();
  return {
    ...{ feed, made: () => made, follow: (name) => feed.follow(name, gone.signal) },
    [Symbol.dispose]: () => gone.abort(),
  };
}

async function next(messages: AsyncGenerator<PageMessage, void>): Promise<PageMessage> {
  const { value } = await messages.next();
  return value ?? assert.fail("no message");
}

test("the first message has everything, later ones have what changed", async () => {
  let rules = [rule("a", "1"), rule("b", "2")];
  using source = fed(() => rules);
  const messages = source.follow();
  const first = await next(messages);
  assert.equal(first.isWhole, true);
  assert.deepEqual(first.lists.rules, { order: ["a", "b"], rows: rules });
  rules = [rule("a", "1"), rule("b", "3")];
  const second = await next(messages);
  assert.deepEqual([second.isWhole, second.lists], [false, { rules: { rows: [rule("b", "3")] } }]);
  rules = [rule("b", "3")];
  assert.deepEqual((await next(messages)).lists, { rules: { order: ["b"], rows: [] } });
  assert.deepEqual((await next(messages)).lists, {});
});

test("one that reads slowly gets all changes in one message", async () => {
  let rules = [rule("a", "1")];
  using source = fed(() => rules);
  const [slow, quick] = [source.follow(), source.follow("a")];
  await next(slow);
  assert.deepEqual((await next(quick)).lists.views?.rows, [view("a")]);
  for (const value of ["2", "3"]) {
    rules = [rule("a", value)];
    await next(quick);
  }
  // It took part in a turn that it did not look at: the next one has the last value, once.
  rules = [rule("a", "4"), rule("b", "1")];
  const { lists } = await next(slow);
  assert.equal(JSON.stringify(lists.rules).match(/"id":"a"/g)?.length, 1);
});

test("a feed with all the followers that it may have is full, until one goes", async () => {
  using source = fed(() => []);
  const [one, two] = [source.follow(), source.follow()];
  await Promise.all([next(one), next(two)]);
  assert.equal(source.feed.isFull, true);
  await one.return();
  assert.equal(source.feed.isFull, false);
});

test("reports that are costly to make are made seldom, and messages come nevertheless", async () => {
  using source = fed(() => [rule("a", "1")], 200);
  const messages = source.follow();
  for (let n = 0; n < 3; n++) await next(messages);
  assert.equal(source.made(), 1);
});
