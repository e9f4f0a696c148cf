import assert from "node:assert/strict";
import { hostClock } from "../../../daemon/service/clock.ts";
import { kernelTest } from "../privilege.ts";
import { CProgram } from "../support/c-program.ts";
import { call } from "./call-rules.ts";
import { runnerFixture } from "./runner-fixture.ts";

const WHO = 1_900_000_777;

kernelTest("a firing alert goes on in the rule that takes the place of its own at other probes", async () => {
  using program = new CProgram("int main(void) { return 0; }");
  const rule = `rule: moving
probe: [
  "uprobe:${program.path}:marked",
  {probe: "tracepoint:syscalls:sys_enter_getpriority", filter: pid == ${process.pid} and args.who == ${WHO}}]
aggregate: count()
window: 10m
threshold: value > 0
`;
  await using fixture = await runnerFixture(rule, { folder: program.folder, clock: hostClock() });
  const { runner, running, alerting, keeper } = fixture;
  const points = (): unknown => running.rules.map(({ object }) => object.attached.map(({ point }) => point));

  const swapped = fixture.swap();
  assert.equal(runner.isSwapping, true);
  await swapped;
  assert.equal(runner.isSwapping, false);
  assert.deepEqual(points(), [["tracepoint:syscalls:sys_enter_getpriority"]]);
  call(WHO);
  await fixture.tick();
  assert.deepEqual(fixture.statuses(), ["firing"]);
  await keeper.keep(running.rules, alerting);

  program.compile("void marked(void) {} int main(void) { return 0; }", [], "program");
  await fixture.swap(true);
  assert.match(JSON.stringify(points()), /marked/);
  await fixture.tick();
  assert.deepEqual(
    alerting.firing().map(({ event }) => event.rule),
    ["moving"],
  );
  assert.deepEqual(fixture.statuses(), ["firing"]);
});
