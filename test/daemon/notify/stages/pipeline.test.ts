import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Stage } from "../../../../daemon/notify/stages/stage.ts";
import { child, inhibit, route, silenceOf, Simulation, START_UNIX_MS } from "../pipeline-fixture.ts";

const HOUR_MS = 3_600_000;

suite("groups", () => {
  test("the first alert of a group is sent in the tick in which it fired, later ones after group_interval", () => {
    const simulation = new Simulation();
    assert.deepEqual(simulation.tick("a"), ["hook: a! (first notification)"]);
    simulation.nowMs = 5000;
    assert.deepEqual(simulation.tick("b"), []);
    assert.deepEqual(simulation.run(60_000), ["60s hook: b! a (new alerts in group)"]);
  });

  test("group_wait collects alerts that fire together", () => {
    const simulation = new Simulation({ root: route({ groupWaitMs: 3000 }) });
    assert.deepEqual(simulation.tick("a"), []);
    simulation.nowMs = 2000;
    assert.deepEqual(simulation.tick("b"), []);
    assert.deepEqual(simulation.run(60_000), ["3s hook: a! b! (first notification)"]);
  });

  test("an alert that ends before it was notified is notified as fired and ended", () => {
    const simulation = new Simulation({ root: route({ groupWaitMs: 3000 }) });
    simulation.tick("a");
    simulation.nowMs = 1000;
    assert.deepEqual(simulation.tick("-a"), []);
    simulation.nowMs = 3000;
    const [message] = simulation.pipeline.step(simulation.now);
    const [told] = message?.content.alerts ?? [];
    assert.deepEqual(
      [told?.status, told?.startsAtUnixMs, told?.endsAtUnixMs],
      ["resolved", START_UNIX_MS, START_UNIX_MS + 1000],
    );
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

  test("a notice of a rule is not in the rule's group, which it would delay", () => {
    const simulation = new Simulation();
    simulation.take("a");
    const notice = { rule: "BpfwardenNoData", labels: { rule: "rule" } };
    simulation.pipeline.take(
      { rule: "rule", events: [{ ...eventOf(simulation), ...notice }], ruleActions: [] },
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

  test("a change of severity is notified once: a higher one at once, a lower one with the group", () => {
    const simulation = new Simulation();
    simulation.tick("a");
    simulation.nowMs = 1000;
    assert.deepEqual(simulation.tick("a", { level: "critical" }), ["hook: a:critical! (severity changed)"]);
    simulation.nowMs = 2000;
    assert.deepEqual(simulation.tick("a"), []);
    assert.deepEqual(simulation.run(200_000), ["61s hook: a! (severity changed)"]);
  });

  test("up and down again within the interval is not a change", () => {
    const simulation = new Simulation();
    simulation.tick("a", { level: "critical" });
    simulation.tick("a");
    simulation.take("a", { level: "critical" });
    simulation.take("a");
    simulation.take("a", { level: "critical" });
    assert.deepEqual(simulation.run(200_000), []);
  });

  test("ends are notified together with alerts that still fire", () => {
    const simulation = new Simulation();
    simulation.tick("a b");
    simulation.tick("-a");
    assert.deepEqual(simulation.run(60_000), ["60s hook: -a! b (some alerts resolved)"]);
    simulation.tick("-b");
    assert.deepEqual(simulation.run(300_000), ["120s hook: -b! (all alerts resolved)"]);
    assert.equal(simulation.pipeline.state.alerts.size + simulation.pipeline.state.groups.size, 0);
  });

  test("three that fire one after the other within the interval are all notified", () => {
    const simulation = new Simulation();
    assert.deepEqual(simulation.tick("a"), ["hook: a! (first notification)"]);
    for (const keys of ["-a b", "-b c", "-c"]) {
      simulation.nowMs += 10_000;
      assert.deepEqual(simulation.tick(keys), []);
    }
    assert.deepEqual(simulation.run(200_000), ["60s hook: -b! -c! -a! (all alerts resolved)"]);
    assert.equal(simulation.pipeline.state.alerts.size, 0);
  });

  test("an alert that fires and ends several times before it is notified is notified once, with the number", () => {
    const simulation = new Simulation();
    simulation.tick("x");
    simulation.tick("a");
    for (const keys of ["-a", "a", "-a", "a"]) {
      simulation.nowMs += 1000;
      simulation.tick(keys);
    }
    simulation.nowMs = 60_000;
    const [message] = simulation.pipeline.step(simulation.now);
    assert.match(
      message?.content.alerts[0]?.reason ?? "",
      /; it fired and ended 2 times before that, since 2026-11-26T08:00:00/,
    );
    simulation.tick("-a");
    assert.deepEqual(simulation.run(60_000), ["120s hook: -a! x (some alerts resolved)"]);
  });

  test("an alert that was critical before it ended is notified as critical, to the receivers of critical alerts", () => {
    const root = route({ actions: ["mail"], routes: [child('severity="critical"', { actions: ["oncall"] })] });
    const simulation = new Simulation({
      root: { ...root, groupWaitMs: 5000, routes: root.routes.map((each) => ({ ...each, groupWaitMs: 5000 })) },
    });
    simulation.take("a", { level: "critical" });
    simulation.take("a");
    simulation.take("-a");
    assert.deepEqual(simulation.run(10_000), [
      "5s oncall: -a:critical! (all alerts resolved)",
      "5s mail: -a:critical! (all alerts resolved)",
    ]);
  });

  test("a log has each change at once and by itself, without repeats", () => {
    const simulation = new Simulation({ root: route({ actions: ["log"], groupWaitMs: 30_000, repeatMs: 1000 }) });
    assert.deepEqual(simulation.tick("a"), ["log: a! (first notification)"]);
    assert.deepEqual(simulation.tick("b"), ["log: b! (first notification)"]);
    assert.deepEqual(simulation.tick("b", { level: "critical" }), ["log: b:critical! (severity changed)"]);
    assert.deepEqual(simulation.tick("-b"), ["log: -b! (all alerts resolved)"]);
    assert.deepEqual(simulation.run(200_000), []);
  });
});

suite("inhibition and silences", () => {
  const inhibited = inhibit('severity="critical"', 'severity="warning"', "team");

  test("while the source fires, the target is suppressed; it is notified when the source has ended", () => {
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

  test("two missing labels are equal", () => {
    const simulation = new Simulation({ inhibit: [inhibited] });
    simulation.take("a", { level: "critical" });
    assert.deepEqual(simulation.tick("b"), ["hook: a:critical! (first notification)"]);
  });

  test("a silenced alert is suppressed, and notified when the silence ends", () => {
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

  test("a stage that fails stops no alert", () => {
    const broken: Stage<"alert"> = {
      name: "silence",
      on: "alert",
      judge: ({ event }) => {
        throw new Error(`broken for ${event.labels["key"] ?? ""}`);
      },
    };
    const simulation = new Simulation({ filters: [broken] });
    assert.deepEqual(simulation.tick("a b"), ["hook: a! b! (first notification)"]);
  });

  test("an end during a silence is notified after it, to the receivers of the start", () => {
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

  test("by severity: an alert that becomes critical goes to its earlier receivers and to the new ones", () => {
    const simulation = new Simulation({ root: tree });
    assert.deepEqual(simulation.tick("a"), ["mail: a! (first notification)"]);
    simulation.nowMs = 5000;
    assert.deepEqual(simulation.tick("a", { level: "critical" }), [
      "mail: a:critical! (severity changed)",
      "oncall: a:critical! (first notification)",
    ]);
    assert.deepEqual(simulation.run(59_000), []);
    simulation.tick("a");
    assert.deepEqual(simulation.run(60_000), ["65s mail: a! (severity changed)", "65s oncall: a! (severity changed)"]);
    simulation.tick("-a");
    assert.deepEqual(simulation.run(200_000), [
      "125s mail: -a! (all alerts resolved)",
      "125s oncall: -a! (all alerts resolved)",
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

  test("an action of two routes is notified once", () => {
    const root = route({
      routes: [child('key="a"', { continue: true, groupBy: ["key"] }), child('severity="warning"')],
    });
    const simulation = new Simulation({ root });
    assert.deepEqual(simulation.tick("a"), ["hook: a! (first notification)"]);
    simulation.tick("-a");
    assert.deepEqual(simulation.run(100_000), ["60s hook: -a! (all alerts resolved)"]);
  });

  test("after a change of the routes, ends still go to the receivers of the start", () => {
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
  test("do not notify twice and do not forget", () => {
    const simulation = new Simulation();
    simulation.tick("a b");
    simulation.nowMs = 30_000;
    simulation.tick("c -b");
    simulation.restart(10_000);
    assert.deepEqual(simulation.tick("a"), []);
    assert.deepEqual(simulation.run(100_000), ["60s hook: c! -b! a (new alerts in group)"]);
    simulation.tick("-a -c");
    assert.deepEqual(simulation.run(60_000), ["180s hook: -a! -c! (all alerts resolved)"]);
  });

  test("repeat continues over a restart and a clock that starts again", () => {
    const simulation = new Simulation();
    simulation.tick("a");
    simulation.restart(3.9 * HOUR_MS);
    assert.deepEqual(simulation.step(), []);
    assert.equal(simulation.run(0.2 * HOUR_MS).length, 1);
  });

  test("without the groups, nothing is repeated at once, also if the first alert was not notified", () => {
    const filters = [
      silenceOf(
        "a",
        () => Infinity,
        () => 0,
      ),
    ];
    const simulation = new Simulation({ filters });
    assert.deepEqual(simulation.tick("a b"), ["hook: b! (first notification)"]);
    const again = new Simulation({ filters }, { ...simulation.pipeline.state, groups: new Map() });
    assert.deepEqual(again.run(61_000), []);
    again.tick("-b");
    assert.deepEqual(again.run(60_000), ["120s hook: -b! (all alerts resolved)"]);
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
