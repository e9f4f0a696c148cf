import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { held, passed, type FilterStage } from "../../../daemon/notify/decision.ts";
import { child, inhibit, matchersOf, route, Simulation } from "./pipeline-fixture.ts";
import { matchesAll } from "../../../daemon/matchers/matcher.ts";

const HOUR_MS = 3_600_000;

/** Silences `key` until a time. */
function silenceOf(key: string, untilMs: () => number, nowMs: () => number): FilterStage {
  const matchers = matchersOf(`key="${key}"`);
  return {
    name: "silence",
    judge: ({ labels }) =>
      matchesAll(matchers, labels) && nowMs() < untilMs() ? held("silenced") : passed("not silenced"),
  };
}

suite("groups", () => {
  test("the first alert of a group goes out in the tick in which it fired, later ones after group_interval", () => {
    const simulation = new Simulation();
    assert.deepEqual(simulation.tick("a"), ["hook: a! (first notification)"]);
    simulation.nowMs = 5000;
    assert.deepEqual(simulation.tick("b"), []);
    assert.deepEqual(simulation.run(60_000), ["60s hook: b! a (new alerts in group)"]);
  });

  test("group_wait gathers what comes together", () => {
    const simulation = new Simulation({ root: route({ groupWaitMs: 3000 }) });
    assert.deepEqual(simulation.tick("a"), []);
    simulation.nowMs = 2000;
    assert.deepEqual(simulation.tick("b"), []);
    assert.deepEqual(simulation.run(60_000), ["3s hook: a! b! (first notification)"]);
  });

  test("an alert that ends before it was told is never heard of", () => {
    const simulation = new Simulation({ root: route({ groupWaitMs: 3000 }) });
    simulation.tick("a");
    simulation.nowMs = 1000;
    assert.deepEqual(simulation.tick("-a"), []);
    assert.deepEqual(simulation.run(200_000), []);
    assert.equal(simulation.pipeline.state.alerts.size, 0);
    assert.equal(simulation.pipeline.state.groups.size, 0);
  });

  test("rules have groups of their own, unless group_by says otherwise", () => {
    const apart = new Simulation();
    apart.take("a");
    assert.deepEqual(apart.tick("b", { rule: "other" }), [
      "hook: a! (first notification)",
      "hook: b! (first notification)",
    ]);
    const together = new Simulation({ root: route({ groupBy: ["team"] }) });
    together.take("a", { labels: { team: "x" } });
    assert.deepEqual(together.tick("b", { rule: "other", labels: { team: "x" } }), [
      "hook: a! b! (first notification)",
    ]);
  });

  test("a notice of a rule is no part of the rule's group, which it would hold up", () => {
    const simulation = new Simulation();
    simulation.take("a");
    const notice = { rule: "BpfwardenNoData", labels: { rule: "rule" } };
    simulation.pipeline.take(
      { rule: "rule", events: [{ ...eventOf(simulation), ...notice }], named: [] },
      simulation.now,
    );
    assert.deepEqual(simulation.step(), ["hook: a! (first notification)", "hook: ! (first notification)"]);
  });

  test("with `...` each alert is a group", () => {
    const simulation = new Simulation({ root: route({ groupBy: ["..."] }) });
    assert.deepEqual(simulation.tick("a b"), ["hook: a! (first notification)", "hook: b! (first notification)"]);
  });

  test("an alert that comes back within the interval waits for it", () => {
    const simulation = new Simulation();
    simulation.tick("a");
    simulation.nowMs = 10_000;
    simulation.tick("-a");
    assert.deepEqual(simulation.run(50_000), ["60s hook: -a! (all alerts resolved)"]);
    simulation.nowMs = 70_000;
    assert.deepEqual(simulation.tick("a"), []);
    assert.deepEqual(simulation.run(50_000), ["120s hook: a! (first notification)"]);
  });
});

function eventOf(simulation: Simulation) {
  const [first] = simulation.pipeline.state.alerts.values();
  assert.ok(first);
  return first.event;
}

suite("repeats, changes and ends", () => {
  test("without a change, again after repeat, with current values", () => {
    const simulation = new Simulation({
      root: route({ groupIntervalMs: 60_000, repeatMs: 600_000 }),
      refresh: (_rule, event) => ({ ...event, values: { value: 77 } }),
    });
    assert.deepEqual(simulation.tick("a"), ["hook: a! (first notification)"]);
    assert.deepEqual(simulation.run(650_000), []);
    simulation.nowMs = 660_000;
    const [repeat] = simulation.pipeline.step(simulation.now);
    assert.equal(repeat?.content.reason, "repeat interval elapsed");
    assert.deepEqual(repeat.content.alerts[0]?.values, { value: 77 });
  });

  test("a change of severity is told once: for the worse at once, for the better with the group", () => {
    const simulation = new Simulation();
    simulation.tick("a");
    simulation.nowMs = 1000;
    assert.deepEqual(simulation.tick("a", { level: "critical" }), ["hook: a:critical! (severity changed)"]);
    simulation.nowMs = 2000;
    assert.deepEqual(simulation.tick("a"), []);
    assert.deepEqual(simulation.run(200_000), ["61s hook: a! (severity changed)"]);
  });

  test("up and down again within the interval is no change", () => {
    const simulation = new Simulation();
    simulation.tick("a", { level: "critical" });
    simulation.tick("a");
    simulation.take("a", { level: "critical" });
    simulation.take("a");
    simulation.take("a", { level: "critical" });
    assert.deepEqual(simulation.run(200_000), []);
  });

  test("ends are told with those that still fire", () => {
    const simulation = new Simulation();
    simulation.tick("a b");
    simulation.tick("-a");
    assert.deepEqual(simulation.run(60_000), ["60s hook: -a! b (some alerts resolved)"]);
    simulation.tick("-b");
    assert.deepEqual(simulation.run(300_000), ["120s hook: -b! (all alerts resolved)"]);
    assert.equal(simulation.pipeline.state.alerts.size + simulation.pipeline.state.groups.size, 0);
  });

  test("only who heard that an alert fires hears of its end", () => {
    const simulation = new Simulation();
    simulation.tick("a");
    simulation.tick("b");
    simulation.tick("-b");
    assert.deepEqual(simulation.run(200_000), []);
  });

  test("a log has each change at once and by itself, without repeats", () => {
    const simulation = new Simulation({ root: route({ actions: ["log"], groupWaitMs: 30_000, repeatMs: 1000 }) });
    assert.deepEqual(simulation.tick("a"), ["log: a! (first notification)"]);
    assert.deepEqual(simulation.tick("b"), ["log: b! (first notification)"]);
    assert.deepEqual(simulation.tick("b", { level: "critical" }), ["log: b:critical! (severity changed)"]);
    assert.deepEqual(simulation.tick("-b"), ["log: -b! (all alerts resolved)"]);
    assert.deepEqual(simulation.run(200_000), []);
  });

  test("of more alerts than a message takes, the number is said", () => {
    const simulation = new Simulation({ traits: { hook: { isImmediate: false, maxAlerts: 2 } } });
    simulation.take("a b c");
    const [message] = simulation.pipeline.step(simulation.now);
    assert.equal(message?.content.alerts.length, 2);
    assert.equal(message?.content.truncated, 1);
    simulation.take("-a -b -c");
    simulation.nowMs = 60_000;
    assert.equal(simulation.pipeline.step(simulation.now)[0]?.content.truncated, 1);
    assert.equal(simulation.pipeline.state.alerts.size, 0);
  });
});

suite("inhibition and silences", () => {
  const inhibited = inhibit('severity="critical"', 'severity="warning"', "team");

  test("while the source fires the target is held, and told when it has ended", () => {
    const simulation = new Simulation({ inhibit: [inhibited], root: route({ groupBy: ["..."] }) });
    simulation.take("a", { level: "critical", labels: { team: "x" } });
    assert.deepEqual(simulation.tick("b", { labels: { team: "x" } }), ["hook: a:critical! (first notification)"]);
    assert.deepEqual(simulation.tick("c", { labels: { team: "y" } }), ["hook: c! (first notification)"]);
    simulation.take("-a", { level: "critical", labels: { team: "x" } });
    assert.deepEqual(simulation.run(60_000), [
      "60s hook: -a:critical! (all alerts resolved)",
      "60s hook: b! (first notification)",
    ]);
  });

  test("an alert does not inhibit itself, and two that match both sides do not inhibit each other", () => {
    const both = inhibit('team="x"', 'team="x"', "team");
    const simulation = new Simulation({ inhibit: [both] });
    assert.deepEqual(simulation.tick("a b", { labels: { team: "x" } }), ["hook: a! b! (first notification)"]);
  });

  test("a missing label equals a missing one", () => {
    const simulation = new Simulation({ inhibit: [inhibited] });
    simulation.take("a", { level: "critical" });
    assert.deepEqual(simulation.tick("b"), ["hook: a:critical! (first notification)"]);
  });

  test("what is silenced is held, and told when the silence ends", () => {
    const clock = { untilMs: 90_000 };
    const filters = [
      silenceOf(
        "a",
        () => clock.untilMs,
        () => simulation.nowMs,
      ),
    ];
    const simulation: Simulation = new Simulation({ filters });
    assert.deepEqual(simulation.tick("a b"), ["hook: b! (first notification)"]);
    assert.deepEqual(simulation.run(300_000), ["120s hook: a! b (new alerts in group)"]);
  });

  test("an end in a silence is told after it to who heard of the start", () => {
    const clock = { untilMs: 0 };
    const filters = [
      silenceOf(
        "a",
        () => clock.untilMs,
        () => simulation.nowMs,
      ),
    ];
    const simulation: Simulation = new Simulation({ filters });
    simulation.tick("a");
    clock.untilMs = 150_000;
    simulation.nowMs = 10_000;
    simulation.tick("-a");
    assert.deepEqual(simulation.run(400_000), ["180s hook: -a! (all alerts resolved)"]);
    assert.equal(simulation.pipeline.state.alerts.size, 0);
  });
});

suite("routes", () => {
  const tree = route({
    actions: ["mail"],
    routes: [
      child('severity="critical"', { actions: ["oncall", "mail"] }),
      child('key="b"', { actions: ["hook"], continue: true }),
    ],
  });

  test("by severity: an alert that becomes critical goes on where it was heard, and to whom it is new", () => {
    const simulation = new Simulation({ root: tree });
    assert.deepEqual(simulation.tick("a"), ["mail: a! (first notification)"]);
    simulation.nowMs = 5000;
    assert.deepEqual(simulation.tick("a", { level: "critical" }), ["oncall: a:critical! (first notification)"]);
    assert.deepEqual(simulation.run(60_000), ["60s mail: a:critical! (severity changed)"]);
    simulation.tick("a");
    assert.deepEqual(simulation.run(60_000), [
      "120s mail: a! (severity changed)",
      "125s oncall: a! (severity changed)",
    ]);
    simulation.tick("-a");
    assert.deepEqual(simulation.run(200_000), [
      "180s mail: -a! (all alerts resolved)",
      "185s oncall: -a! (all alerts resolved)",
    ]);
  });

  test("a rule that names actions goes there, and by routes that are for all rules", () => {
    const root = route({
      actions: ["mail"],
      routes: [
        child('severity="critical"', { actions: ["oncall"], allRules: true }),
        child('key="a"', { actions: ["hook"] }),
      ],
    });
    const simulation = new Simulation({ root });
    assert.deepEqual(simulation.tick("a", {}, ["own"]), ["own: a! (first notification)"]);
    assert.deepEqual(simulation.tick("b", { level: "critical", rule: "second" }, ["own"]), [
      "own: b:critical! (first notification)",
      "oncall: b:critical! (first notification)",
    ]);
    assert.deepEqual(simulation.tick("a", { rule: "third" }), ["hook: a! (first notification)"]);
  });

  test("an action that two routes lead to is told once", () => {
    const root = route({
      routes: [child('key="a"', { continue: true, groupBy: ["key"] }), child('severity="warning"')],
    });
    const simulation = new Simulation({ root });
    assert.deepEqual(simulation.tick("a"), ["hook: a! (first notification)"]);
    simulation.tick("-a");
    assert.deepEqual(simulation.run(100_000), ["60s hook: -a! (all alerts resolved)"]);
  });

  test("after a change of the routes, ends still go to who heard of the start", () => {
    const simulation = new Simulation({ root: tree });
    simulation.tick("a");
    simulation.use({ root: route({ actions: ["hook"], groupBy: ["key"] }) });
    assert.deepEqual(simulation.step(), ["hook: a! (first notification)"]);
    simulation.tick("-a");
    assert.deepEqual(simulation.run(100_000), [
      "60s mail: -a! (all alerts resolved)",
      "60s hook: -a! (all alerts resolved)",
    ]);
  });
});

suite("restarts", () => {
  test("neither notify twice nor forget", () => {
    const simulation = new Simulation();
    simulation.tick("a b");
    simulation.nowMs = 30_000;
    simulation.tick("c -b");
    simulation.restart(10_000);
    assert.deepEqual(simulation.tick("a"), []);
    assert.deepEqual(simulation.run(100_000), ["60s hook: -b! c! a (new alerts in group)"]);
    simulation.tick("-a -c");
    assert.deepEqual(simulation.run(60_000), ["180s hook: -a! -c! (all alerts resolved)"]);
  });

  test("repeat counts on over a restart and a clock that begins anew", () => {
    const simulation = new Simulation();
    simulation.tick("a");
    simulation.restart(3.9 * HOUR_MS);
    assert.deepEqual(simulation.step(), []);
    assert.equal(simulation.run(0.2 * HOUR_MS).length, 1);
  });

  test("an alert that fires on keeps its start", () => {
    const simulation = new Simulation();
    simulation.tick("a");
    const { startsAtUnixMs } = eventOf(simulation);
    simulation.restart(10_000);
    simulation.tick("a");
    assert.equal(eventOf(simulation).startsAtUnixMs, startsAtUnixMs);
  });
});

suite("decisions", () => {
  test("each stage says why, for each action", () => {
    const simulation = new Simulation();
    simulation.tick("a");
    simulation.nowMs = 5000;
    simulation.tick("b");
    const [first, second] = simulation.pipeline.decisions("rule");
    assert.deepEqual(first?.heardBy, ["hook"]);
    assert.deepEqual(
      first.decisions.map(({ stage, outcome, reason, action }) => [stage, outcome, reason, action]),
      [
        ["route", "passed", 'to hook in {}:{alertname="rule"}', undefined],
        ["inhibit", "passed", "no alert that fires inhibits it", undefined],
        ["group", "passed", "the group's message may go", undefined],
        ["dedupe", "passed", "first notification", "hook"],
        ["budget", "passed", "within the budget", "hook"],
      ],
    );
    assert.equal(second?.decisions.at(-1)?.reason, "the group was told of lately: its next message may go in 55 s");
  });

  test("those of alerts that ended are known for a while", () => {
    const simulation = new Simulation({ root: route({ groupWaitMs: 5000 }) });
    simulation.tick("a");
    simulation.tick("-a");
    assert.equal(
      simulation.pipeline.decisions("rule")[0]?.decisions.at(-1)?.reason,
      "it ended before anybody was told of it",
    );
  });
});

suite("budgets", () => {
  const root = route({ groupIntervalMs: 10_000, repeatMs: 24 * HOUR_MS });

  test("what a rule may not send is counted, and said in the next message; ends are not lost", () => {
    const simulation = new Simulation({ root, budget: { rule: 2, action: 1000 } });
    const all: string[] = [];
    for (const keys of ["a", "b", "c", "-a -c"]) all.push(...simulation.tick(keys), ...simulation.run(10_000));
    assert.deepEqual(all, ["hook: a! (first notification)", "20s hook: b! a (new alerts in group)"]);
    const later = simulation.run(HOUR_MS);
    assert.equal(later.length, 1);
    assert.match(later[0] ?? "", /^\d+s hook: -a! b \(some alerts resolved\) suppressed 1$/);
  });

  test("a critical alert that could not be told is told after all, even when it has ended", () => {
    const simulation = new Simulation({ root, budget: { rule: 1, action: 1000 } });
    simulation.tick("a");
    simulation.take("b", { level: "critical" });
    simulation.run(20_000);
    simulation.take("-b", { level: "critical" });
    const later = simulation.run(2 * HOUR_MS);
    assert.equal(later.length, 1);
    assert.match(later[0] ?? "", /-b:critical! a \(some alerts resolved\)/);
    assert.equal(simulation.pipeline.state.alerts.size, 1);
  });

  test("a noisy rule leaves others their share of an action", () => {
    const simulation = new Simulation({ root: route({ groupBy: ["..."] }), budget: { rule: 1000, action: 10 } });
    const noisy = Array.from({ length: 50 }, (_, index) => `n${index}`).join(" ");
    assert.equal(simulation.tick(noisy, { rule: "noisy" }).length, 5);
    assert.equal(simulation.tick("q1 q2 q3 q4 q5", { rule: "quiet" }).length, 3);
    assert.equal(simulation.tick("x1", { rule: "third" }).length, 1);
  });
});
