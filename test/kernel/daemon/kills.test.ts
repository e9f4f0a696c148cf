import assert from "node:assert/strict";
import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WebhookSink } from "../support/webhook-sink.ts";
import { call } from "./call-rules.ts";

/** `KILLS=64 npm test -- kills.test` is the long way. */
const KILLS = Number(process.env["KILLS"] ?? 4);
/** The seed of moments and failures. */
const SEED = Number(process.env["SEED"] ?? Date.now() % 1e6);
const FIRST = 1_900_100_000;
const KEYS_OF_ROUND = 5;

const RULE = `rule: killed
probe: tracepoint:syscalls:sys_enter_getpriority
filter: pid == ${process.pid} and args.who >= ${FIRST} and args.who < ${FIRST + KILLS * KEYS_OF_ROUND}
by: {who: args.who}
aggregate: count()
window: 2s
threshold: value > 0
`;

/** A linear congruential generator, with a sequence for each seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

/**
 * Returns SQLite's check of a copy of the database that the killed daemon has left: a check changes
 * the file.
 */
function checkDatabase(folder: string): string {
  const path = join(folder, "state/state.db");
  for (const end of ["", "-wal"]) if (existsSync(path + end)) copyFileSync(path + end, join(folder, `copy.db${end}`));
  using database = new DatabaseSync(join(folder, "copy.db"));
  return String(database.prepare("PRAGMA integrity_check").get()?.["integrity_check"]);
}

kernelTest(
  `${KILLS} kills at random moments lose no alert, and no alert ends before it was notified`,
  async (context) => {
    const random = randomFrom(SEED);
    context.diagnostic(`SEED=${SEED}`);
    await using sink = await WebhookSink.start();
    sink.fails = () => (random() < 0.5 ? false : random() < 0.5 ? "status" : "connection");
    const settings = `actions: {hook: {webhook: {url: "${sink.url}"}}}
defaults: {action: hook}\ntick: 100ms\nstate_dir: state\nnotify: {group_interval: 300ms, budget: {rule: 100000, action: 100000}}\n`;
    await using daemon = await DaemonProcess.start({ rules: { "killed.yaml": RULE }, settings });
    for (let kill = 0; kill < KILLS; kill++) {
      const keys = Array.from({ length: KEYS_OF_ROUND }, (_, index) => FIRST + kill * KEYS_OF_ROUND + index);
      const calling = setInterval(() => keys.forEach((who) => call(who)), 50);
      try {
        await sleep(1500 * random());
        await daemon.restart("SIGKILL", () => assert.equal(checkDatabase(daemon.folder), "ok"));
        // what was counted and not judged yet goes with the daemon; what goes on is seen by the
        // next one
        await sleep(300);
      } finally {
        clearInterval(calling);
      }
    }
    const all = Array.from({ length: KILLS * KEYS_OF_ROUND }, (_, index) => String(FIRST + index));
    const statesOf = (who: string): readonly string[] =>
      sink.alerts("killed").flatMap(({ labels, status }) => (labels["who"] === who ? [status] : []));
    await waitUntil("each key's end", () => all.every((who) => statesOf(who).at(-1) === "resolved"), 240_000);
    const odd = all.filter((who) => statesOf(who)[0] !== "firing");
    const attempts = sink.received.length;
    context.diagnostic(`${all.length} alerts in ${attempts} messages that were taken`);
    assert.deepEqual(odd, []);
  },
);
