import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Alerting } from "../../../daemon/notify/alerting.ts";
import { DaemonNotices } from "../../../daemon/notify/notices/daemon-notices.ts";
import type { Clock } from "../../../daemon/service/clock.ts";
import { readSettings } from "../../../daemon/settings/read-settings.ts";
import { DaemonState, type DaemonStateOptions } from "../../../daemon/state/daemon-state.ts";
import { openState, type OpenState } from "../../../daemon/state/open-state.ts";
import { SilenceBook } from "../../../daemon/state/silence-book.ts";
import { StateKeeper } from "../../../daemon/state/state-keeper.ts";
import { setUp } from "../notify/dispatcher-fixture.ts";
import { Simulation, START_UNIX_MS } from "../notify/pipeline-fixture.ts";
import { logger } from "./kept-rule.ts";

/** Longer than the interval for opening a closed database. */
const REOPEN_MS = 6000;

type Changes = Pick<DaemonStateOptions, "isSwapping" | "onTakenUp">;

/** The state and the alerts of a daemon without rules. */
function stateOn(opened: OpenState, clock: Clock, changes: Changes): { state: DaemonState; alerting: Alerting } {
  const { result: settings } = readSettings({ path: "bpfwarden.yaml", text: "" }, "/etc/bpfwarden", "host");
  assert.ok(settings);
  const { dispatcher } = setUp();
  const alerting = new Alerting({
    ...{ clock, settings, dispatcher, saved: undefined, silences: () => [] },
    receivers: { takeRecords: () => false, lossOf: () => undefined },
    rules: { muteOf: () => [], refresh: (_rule, event) => event },
    onFault: ({ error }) => assert.fail(String(error)),
  });
  const state = new DaemonState({
    ...{ opened, clock, logger, alerting, dispatcher, rules: () => [], ...changes },
    keeper: new StateKeeper({ store: opened.store, clock, bootId: "a", logger }),
    notices: new DaemonNotices({ clock, logger, alerting }),
    silences: new SilenceBook(opened.store),
  });
  return { state, alerting };
}

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-daemon-state-"));
  context.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("late state is taken up after the swap of rules that is under way", async (context) => {
  const stateDir = folderOf(context);
  const simulation = new Simulation();
  const clock = { bootMs: () => simulation.nowMs, unixMs: () => START_UNIX_MS + simulation.nowMs } as Clock;
  {
    await using opened = await openState(stateDir, { clock, logger });
    simulation.tick("a");
    const keeper = new StateKeeper({ store: opened.store, clock, bootId: "a", logger });
    await keeper.close([], simulation.pipeline);
  }
  renameSync(stateDir, `${stateDir}.away`);
  writeFileSync(stateDir, "");
  await using opened = await openState(stateDir, { clock, logger });
  let [isSwapping, takenUp] = [true, 0];
  const changes = { isSwapping: () => isSwapping, onTakenUp: () => void takenUp++ };
  const { state, alerting } = stateOn(opened, clock, changes);
  rmSync(stateDir);
  renameSync(`${stateDir}.away`, stateDir);
  simulation.nowMs += REOPEN_MS;
  for (; opened.store.trouble !== undefined; await delay(10)) state.renew();
  state.renew();
  assert.deepEqual([takenUp, alerting.firing().length], [0, 0]);
  isSwapping = false;
  state.renew();
  state.renew();
  assert.deepEqual([takenUp, alerting.firing().length], [1, 1]);
});
