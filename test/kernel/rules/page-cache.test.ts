import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { parse, stringify } from "yaml";
import type { LoadResult } from "../loads/page-cache-files.ts";
import { skipWithoutBpf } from "../privilege.ts";
import { shippedRule } from "../support/daemon-process.ts";
import { hostKernel, LoadedRule } from "../support/loaded-rule.ts";

const LOAD = join(import.meta.dirname, "../loads/page-cache-load.ts");
const POINTS = 0.02;

/** A load that has finished its preparations. */
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
  readonly signals: Record<string, { probe: unknown; filter?: string }>;
}

/**
 * The shipped rule, but looking at some processes only: what others on the host read meanwhile is
 * no part of the truth that the loads know.
 */
function ruleFor(pids: readonly (number | undefined)[], form: Form): string {
  const rule = parse(shippedRule("page-cache-hit-ratio")) as Signals;
  const own = `pid in [${pids.join(", ")}]`;
  for (const [name, signal] of Object.entries(rule.signals)) {
    signal.filter = signal.filter === undefined ? own : `(${signal.filter}) and ${own}`;
    if (name === "pages" && form === "tracepoint") signal.probe = (signal.probe as unknown[]).at(-1);
  }
  return stringify(rule);
}

/** The form of the rule for this kernel, or the tracepoint if both are possible. */
type Form = "first" | "tracepoint";

type Totals = Readonly<Record<string, number | undefined>>;

suite("page-cache-hit-ratio", { skip: skipWithoutBpf }, () => {
  let folder: string;

  before(() => {
    // Not /tmp, which may be a tmpfs, whose pages never leave the cache.
    folder = mkdtempSync(join(process.env["BPFWARDEN_TEST_DISK"] ?? "/var/tmp", "bpfwarden-pages-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /**
   * Runs loads at once, `beside` them something else, and gives what the rule counted and what the
   * loads know.
   */
  const measure = async (
    what: readonly string[],
    { beside = () => Promise.resolve(), form = "first" }: { beside?: () => Promise<unknown>; form?: Form } = {},
  ): Promise<{ readonly counted: Totals; readonly truth: LoadResult; readonly said: string }> => {
    const children = await Promise.all(what.map((each) => prepare(each, folder)));
    await using rule = new LoadedRule(
      ruleFor(
        children.map(({ pid }) => pid),
        form,
      ),
    );
    const [truths] = await Promise.all([Promise.all(children.map(run)), beside()]);
    const truth = {
      read: truths.reduce((sum, { read }) => sum + read, 0),
      missed: truths.reduce((sum, { missed }) => sum + missed, 0),
    };
    const [counted = {}] = await rule.totals();
    return {
      counted,
      truth,
      said: `${what.join(", ")}: counted ${JSON.stringify(counted)}, truth ${JSON.stringify(truth)}`,
    };
  };

  const assertRight = async (what: readonly string[], form: Form = "first"): Promise<void> => {
    const { counted, truth, said } = await measure(what, { form });
    const { read = 0, missed = 0 } = counted;
    assert.ok(Math.abs(ratio({ read, missed }) - ratio(truth)) <= POINTS, said);
    assert.ok(Math.abs(read - truth.read) <= truth.read * POINTS, said);
  };

  for (const what of [
    "cold-128k",
    "cold-4k",
    "cold-512",
    "cold-5000",
    "warm-128k",
    "warm-4k",
    "in-turn",
    "own-pages",
  ]) {
    test(`the ratio is right for ${what}`, () => assertRight([what]));
  }

  for (const what of ["half-resident", "half-resident-advised", "half-resident-512", "half-resident-5000"]) {
    test(`the ratio is right for random calls, ${what}`, () => assertRight([what]));
  }
  test("the ratio is right for random calls of many pages", () => assertRight(["half-resident-64k"]));
  test("the ratio is right for random calls of more pages than the kernel takes at a time", () =>
    assertRight(["half-resident-1m"]));

  for (const what of ["small-cold", "small-warm", "small-half", "heads"]) {
    test(`the counts for the first page of files are exact: ${what}`, async () => {
      const { counted, truth, said } = await measure([what]);
      assert.deepEqual([counted["read"], counted["missed"]], [truth.read, truth.missed], said);
    });
  }

  for (const what of ["splice", "copy_file_range", "sendfile", "aio", "io_uring"]) {
    test(`a cold file moved by ${what} counts as misses, and data from a pipe meanwhile not as a hit`, () =>
      assertRight([what]));
  }

  for (const what of ["threads-in-turn", "by-pool", "halves-in-turn"]) {
    test(`a process that reads a file forward beside others counts readahead as misses: ${what}`, () =>
      assertRight([what]));
  }

  test("pages that calls bring between faults count as misses, and pages that faults bring do not", async () => {
    const { counted, truth, said } = await measure(["faults-between"]);
    assert.ok(Math.abs((counted["missed"] ?? 0) - truth.missed) <= truth.missed * POINTS, said);
    assert.ok(Math.abs((counted["read"] ?? 0) - truth.read) <= truth.read * POINTS, said);
    assert.ok((counted["faulted"] ?? 0) < truth.missed * POINTS, said);
  });

  test("several processes at once", () => assertRight(["cold-4k", "in-turn", "small-half", "half-resident-5000"]));

  test("the tracepoint alone gives the same counts, on kernels that have it", async () => {
    if (hostKernel.btf.find("typedef", "btf_trace_mm_filemap_get_pages") === undefined) return;
    await assertRight(["cold-128k"], "tracepoint");
    await assertRight(["half-resident"], "tracepoint");
    await assertRight(["small-half"], "tracepoint");
  });

  test("a heavy writer beside a warm reader causes no read misses", async () => {
    const write = (): Promise<unknown> =>
      once(spawn("dd", ["if=/dev/zero", `of=${folder}/written`, "bs=1M", "count=128"], { stdio: "ignore" }), "exit");
    const { counted, said } = await measure(["warm-4k"], { beside: write });
    assert.ok((counted["missed"] ?? 0) <= (counted["read"] ?? 0) * POINTS, said);
  });

  test("a write adds pages, but no misses", async () => {
    const { counted, truth, said } = await measure(["written"]);
    assert.ok(truth.missed > 8000, said);
    assert.ok((counted["missed"] ?? 0) < 100, said);
  });

  test("pages that faults bring in are a signal of their own", async () => {
    const { counted, truth, said } = await measure(["mapped-cold"]);
    assert.ok(Math.abs((counted["faulted"] ?? 0) - truth.missed) <= truth.missed * POINTS, said);
    assert.ok((counted["missed"] ?? 0) <= truth.missed * POINTS, said);
  });
});
