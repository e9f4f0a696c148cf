import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { route, Simulation } from "./pipeline-fixture.ts";

const HOUR_MS = 3_600_000;

suite("budgets", () => {
  const root = route({ groupIntervalMs: 10_000, repeatMs: 24 * HOUR_MS });

  test("alerts over a rule's budget are counted in the next message, and their ends are not lost", () => {
    const simulation = new Simulation({ root, budget: { rule: 2, action: 1000 } });
    const all: string[] = [];
    for (const keys of ["a", "b", "c", "-a -c"]) all.push(...simulation.tick(keys), ...simulation.run(10_000));
    assert.deepEqual(all, ["hook: a! (first notification)", "20s hook: b! a (new alerts in group)"]);
    const later = simulation.run(HOUR_MS);
    assert.equal(later.length, 1);
    assert.match(later[0] ?? "", /^\d+s hook: -c! -a! b \(some alerts resolved\)$/);
  });

  test("a critical alert that could not be notified is notified later, even when it has ended", () => {
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
