import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { held, passed, type Stage } from "../../../daemon/notify/stages/stage.ts";
import type { Message } from "../../../daemon/notify/stages/flush-context.ts";
import { route, Simulation, START_UNIX_MS, type World } from "./pipeline-fixture.ts";

/** More, or others, by hand with PIPELINE_SEQUENCES and RANDOM_SEED. */
const SEQUENCES = Number(process.env["PIPELINE_SEQUENCES"] ?? 2000);
const SEED = Number(process.env["RANDOM_SEED"] ?? 1);

const KEYS = ["a", "b", "c"] as const;
const LEVELS = ["info", "warning", "critical"] as const;
const NAMED = [["hook"], ["mail"], ["hook", "log"], ["mail", "log"], ["log"]] as const;

const key = fc.constantFrom(...KEYS);
const step = fc.oneof(
  fc.record({ kind: fc.constant("fire" as const), key, level: fc.constantFrom(...LEVELS) }),
  fc.record({ kind: fc.constant("resolve" as const), key }),
  fc.record({ kind: fc.constant("silence" as const), key, on: fc.boolean() }),
  fc.record({ kind: fc.constant("name" as const), ruleActions: fc.constantFrom(...NAMED) }),
  fc.record({ kind: fc.constant("restart" as const), seconds: fc.nat(90), ruleActions: fc.constantFrom(...NAMED) }),
  fc.record({ kind: fc.constant("wait" as const), seconds: fc.integer({ min: 1, max: 100 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** One time that an alert fired. */
interface Episode {
  readonly key: (typeof KEYS)[number];
  readonly startsAtUnixMs: number;
  /** the actions that must be notified, unless something suppresses the alert */
  readonly owedTo: Set<string>;
}

/** A pipeline, and a reader of all its messages who knows which alerts fired. */
class Witness {
  readonly #silenced = new Set<string>();
  readonly #firing = new Map<(typeof KEYS)[number], Episode>();
  readonly #episodes: Episode[] = [];
  /** by action and key: whether its last message said that the alert fires */
  readonly #open = new Set<string>();
  readonly #told = new Set<string>();
  readonly #world: World;
  readonly #simulation: Simulation;
  #ruleActions: readonly string[] = NAMED[0];

  constructor(groupWaitMs: number) {
    const silence: Stage<"alert"> = {
      name: "silence",
      on: "alert",
      judge: ({ labels }) => (this.#silenced.has(labels["key"] ?? "") ? held("silenced") : passed("not silenced")),
    };
    const many = { isImmediate: false, maxAlerts: 1 };
    this.#world = { root: route({ groupWaitMs }), filters: [silence], traits: { mail: many } };
    this.#simulation = new Simulation(this.#world);
  }

  live(steps: readonly Step[]): void {
    for (const each of steps) {
      this.#do(each);
      this.#step();
      this.#simulation.nowMs += 1000;
    }
  }

  /** Ends all silences and alerts: everything must be notified, and nothing may be left. */
  end(): void {
    this.#silenced.clear();
    this.#wait(120);
    for (const each of [...this.#firing.keys()]) this.#do({ kind: "resolve", key: each });
    this.#wait(180);
    assert.deepEqual([...this.#open], [], "each action that was notified of an alert is notified of its end");
    const missed = this.#episodes.flatMap(({ key: of, startsAtUnixMs, owedTo }) =>
      [...owedTo].map((action) => `${action} ${of} ${startsAtUnixMs - START_UNIX_MS}`),
    );
    assert.deepEqual(missed, [], "whatever fired is told");
    const { alerts, groups } = this.#simulation.pipeline.state;
    assert.equal(alerts.size + groups.size, 0, "nothing is remembered of what is over");
  }

  #do(each: Step): void {
    if (each.kind === "fire") this.#fire(each.key, each.level);
    else if (each.kind === "resolve") this.#resolve(each.key);
    else if (each.kind === "silence") this.#silence(each.key, each.on);
    else if (each.kind === "wait") this.#wait(each.seconds);
    else {
      if (each.kind === "restart") this.#simulation.restart(each.seconds * 1000, this.#world);
      this.#ruleActions = each.ruleActions;
      this.#simulation.name(each.ruleActions);
      // Firing alerts can go to other actions from here on. Earlier notifications do not change.
      for (const episode of this.#episodes) episode.owedTo.clear();
    }
  }

  #fire(of: (typeof KEYS)[number], level: (typeof LEVELS)[number]): void {
    const before = this.#firing.get(of);
    this.#simulation.take(of, { level }, this.#ruleActions);
    if (before !== undefined) return;
    // The last time stands for those before it.
    for (const episode of this.#episodes) if (episode.key === of) episode.owedTo.clear();
    const owedTo = new Set(
      this.#silenced.has(of) ? [] : this.#ruleActions.filter((action) => !this.#open.has(`${action} ${of}`)),
    );
    const episode = { key: of, startsAtUnixMs: this.#simulation.now.unixMs, owedTo };
    this.#firing.set(of, episode);
    this.#episodes.push(episode);
  }

  #resolve(of: (typeof KEYS)[number]): void {
    if (this.#firing.delete(of)) this.#simulation.take(`-${of}`, {}, this.#ruleActions);
  }

  /** An alert that is silenced before it is notified, and ends silenced, need not be notified. */
  #silence(of: string, on: boolean): void {
    if (on) this.#silenced.add(of);
    else this.#silenced.delete(of);
    if (on) for (const episode of this.#episodes) if (episode.key === of) episode.owedTo.clear();
  }

  #wait(seconds: number): void {
    for (let second = 0; second < seconds; second++) {
      this.#step();
      this.#simulation.nowMs += 1000;
    }
  }

  #step(): void {
    for (const message of this.#simulation.pipeline.step(this.#simulation.now)) this.#read(message);
  }

  #read({ action, content }: Message): void {
    assert.equal(content.truncated === 0 || content.news < content.alerts.length || action === "mail", true);
    const statuses = content.alerts.slice(0, content.news).map(({ status }) => status);
    if (action !== "log") assert.deepEqual(statuses, statuses.toSorted(), "what fires comes before what has ended");
    content.alerts.forEach(({ labels, status, startsAtUnixMs, endsAtUnixMs }, index) => {
      const of = labels["key"] as (typeof KEYS)[number];
      const id = `${action} ${of}`;
      assert.ok(!this.#silenced.has(of), "nothing is told under a silence");
      if (index >= content.news) return assert.ok(this.#open.has(id), "what is told along was told before");
      for (const episode of this.#episodes)
        if (episode.key === of && episode.startsAtUnixMs === startsAtUnixMs) episode.owedTo.delete(action);
      if (status === "firing") {
        assert.ok(this.#firing.has(of), "what is told as firing fires");
        this.#open.add(id);
        return;
      }
      assert.ok(endsAtUnixMs !== undefined && endsAtUnixMs >= startsAtUnixMs);
      const end = `${id} ${startsAtUnixMs} ${endsAtUnixMs}`;
      assert.ok(this.#open.delete(id) || !this.#told.has(end), `${end}: no end is told twice`);
      this.#told.add(end);
    });
  }
}

test(`every firing alert is notified, in order, in ${SEQUENCES} sequences of alerts, silences, settings and restarts`, () => {
  fc.assert(
    fc.property(fc.constantFrom(0, 20_000), fc.array(step, { maxLength: 30 }), (groupWaitMs, steps) => {
      const witness = new Witness(groupWaitMs);
      witness.live(steps);
      witness.end();
    }),
    { numRuns: SEQUENCES, seed: SEED },
  );
});
