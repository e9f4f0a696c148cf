import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { parse, stringify } from "yaml";
import type { LoadResult } from "../loads/page-cache-load.ts";
import { skipWithoutBpf } from "../privilege.ts";
import { shippedRule } from "../support/daemon-process.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

const LOAD = join(import.meta.dirname, "../loads/page-cache-load.ts");
const POINTS = 0.02;

/** A load that stands ready behind its own preparations. */
async function prepare(what: string, folder: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [LOAD, what, folder], { stdio: ["pipe", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return child;
}

async function run(child: ChildProcess): Promise<LoadResult> {
  child.stdin?.end("go\n");
  const [text] = (await once(child.stdout ?? child, "data")) as [Buffer];
  if (child.exitCode === null) await once(child, "exit");
  return JSON.parse(text.toString()) as LoadResult;
}

function ratio({ read, missed }: LoadResult): number {
  return missed > read ? 0 : (read - missed) / read;
}

interface Signals {
  readonly signals: Record<string, { filter?: string }>;
}

/**
 * The shipped rule, but looking at one process only: what others on the host read meanwhile is no part of the truth that the load knows.
 */
function ruleFor(pid: number | undefined): string {
  const rule = parse(shippedRule("page-cache-hit-ratio")) as Signals;
  for (const signal of Object.values(rule.signals)) {
    signal.filter = signal.filter === undefined ? `pid == ${pid}` : `(${signal.filter}) and pid == ${pid}`;
  }
  return stringify(rule);
}

type Totals = Readonly<Record<string, number | undefined>>;

suite("page-cache-hit-ratio", { skip: skipWithoutBpf }, () => {
  let folder: string;

  before(() => {
    // Not /tmp, which may be a tmpfs, whose pages never leave the cache.
    folder = mkdtempSync(join(process.env["BPFWARDEN_TEST_DISK"] ?? "/var/tmp", "bpfwarden-pages-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs a load, `beside` it something else, and gives what the rule counted and what the load asked for and mincore(2) saw come in. */
  const measure = async (
    what: string,
    beside: () => Promise<unknown> = () => Promise.resolve(),
  ): Promise<{ readonly counted: Totals; readonly truth: LoadResult; readonly said: string }> => {
    const child = await prepare(what, folder);
    await using rule = new LoadedRule(ruleFor(child.pid));
    const [truth] = await Promise.all([run(child), beside()]);
    const [counted = {}] = await rule.totals();
    return { counted, truth, said: `${what}: counted ${JSON.stringify(counted)}, truth ${JSON.stringify(truth)}` };
  };

  const assertRight = async (what: string): Promise<void> => {
    const { counted, truth, said } = await measure(what);
    const { read = 0, missed = 0 } = counted;
    assert.ok(Math.abs(ratio({ read, missed }) - ratio(truth)) <= POINTS, said);
    assert.ok(Math.abs(read - truth.read) <= truth.read * POINTS, said);
  };

  for (const what of ["cold-128k", "cold-4k", "warm-128k", "warm-4k", "small-cold", "small-warm"]) {
    test(`the ratio is right for ${what}`, () => assertRight(what));
  }

  for (const what of ["half-resident", "half-resident-advised"]) {
    test(`the ratio is right for random 4 KiB reads, ${what}`, () => assertRight(what));
  }

  test("a heavy writer beside a warm reader is not a read miss", async () => {
    const write = (): Promise<unknown> =>
      once(spawn("dd", ["if=/dev/zero", `of=${folder}/written`, "bs=1M", "count=512"], { stdio: "ignore" }), "exit");
    const { counted, said } = await measure("warm-4k", write);
    assert.ok((counted["missed"] ?? 0) <= (counted["read"] ?? 0) * POINTS, said);
  });

  test("a write adds pages, but no misses", async () => {
    const { counted, truth, said } = await measure("written");
    assert.ok(truth.missed > 30_000, said);
    assert.ok((counted["missed"] ?? 0) < 100, said);
  });

  test("pages that faults bring in are a signal of their own", async () => {
    const { counted, truth, said } = await measure("mapped-cold");
    assert.ok(Math.abs((counted["faulted"] ?? 0) - truth.missed) <= truth.missed * POINTS, said);
    assert.ok((counted["missed"] ?? 0) <= truth.missed * POINTS, said);
  });
});
