import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { route, silenceOf, Simulation } from "../pipeline-fixture.ts";

suite("decisions", () => {
  test("each stage gives a reason for each action", () => {
    const simulation = new Simulation();
    simulation.tick("a");
    simulation.nowMs = 5000;
    simulation.tick("b");
    const [first, second] = simulation.pipeline.decisions("rule", simulation.now);
    assert.deepEqual(first?.notified, ["hook"]);
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
    assert.equal(second?.decisions.at(-1)?.reason, "the group had a message lately: its next one may go in 55 s");
  });

  test("a silence that is made between two messages appears at once", () => {
    let endsAtMs = 0;
    const simulation = new Simulation({
      filters: [
        silenceOf(
          "a",
          () => endsAtMs,
          () => 0,
        ),
      ],
    });
    simulation.tick("a");
    const silence = (): string | undefined => {
      const [alert] = simulation.pipeline.decisions("rule", simulation.now);
      return alert?.decisions.find(({ stage }) => stage === "silence")?.outcome;
    };
    assert.equal(silence(), "passed");
    endsAtMs = 60_000;
    assert.equal(silence(), "held");
  });

  test("decisions about ended alerts are kept for a while", () => {
    const filters = [
      silenceOf(
        "a",
        () => 60_000,
        () => 0,
      ),
    ];
    const simulation = new Simulation({ root: route({ groupWaitMs: 5000 }), filters });
    simulation.tick("a");
    simulation.tick("-a");
    simulation.run(5000);
    const told = simulation.pipeline
      .decisions("rule", simulation.now)[0]
      ?.decisions.find(({ stage }) => stage === "dedupe");
    assert.equal(told?.reason, "it ended while it was held, before anybody was notified of it");
  });
});
