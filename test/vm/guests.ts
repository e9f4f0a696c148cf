import { availableParallelism } from "node:os";
import { libraryRuleTests, longTests } from "./long-tests.ts";

/** A kernel of the matrix and the machine that it is booted on. */
export interface Guest {
  /**
   * what it is called on the command line: the kernel's version, and the architecture where it is
   * not x86-64
   */
  readonly name: string;
  /** Debian's release that the kernel is from */
  readonly suite: string;
  readonly architecture: Architecture;
  /** what `npm run test:all` runs in it: words that the paths of test files hold */
  readonly tests: readonly string[];
  /**
   * what `npm run test:vm` runs of those: the same kind of words. The oldest kernel runs all, and
   * the host has a newer one than any guest. Between them, these differ by kernel the most.
   */
  readonly brief: readonly string[];
  /**
   * how many rules of random shape the matrix loads in it. Each takes a third of a second of an
   * emulated processor.
   */
  readonly randomRules: number;
}

/** Debian's word for a processor, and what else goes with it. */
export interface Architecture {
  readonly name: "amd64" | "arm64";
  /** Node's word for it */
  readonly node: "x64" | "arm64";
  /**
   * the emulator and its machine. A plain processor is emulated quicker than one with all that the
   * emulator knows.
   */
  readonly emulator: readonly string[];
  readonly console: string;
}

const amd64: Architecture = {
  name: "amd64",
  node: "x64",
  emulator: ["qemu-system-x86_64", "-machine", "q35", "-cpu", "Nehalem"],
  console: "ttyS0",
};

/**
 * A processor with an access flag of its own (ARMv8.1), as servers have it: without it, what
 * fork(2) has copied cannot be read at once.
 */
const arm64: Architecture = {
  name: "arm64",
  node: "arm64",
  emulator: ["qemu-system-aarch64", "-machine", "virt", "-cpu", "neoverse-n1"],
  console: "ttyAMA0",
};

const KERNEL_TESTS = ["test/kernel/"];

/** Tests of the verifier, the attach kinds and the shipped rules, which differ by kernel the most. */
const BRIEF = [
  "test/kernel/needs.test.ts",
  "test/kernel/compile/aggregates.test.ts",
  "test/kernel/compile/memos.test.ts",
  "test/kernel/compile/random-rules.test.ts",
  "test/kernel/compile/spans.test.ts",
  "test/kernel/facts/",
  "test/kernel/library/library.test.ts",
  "test/kernel/libbpf-ts/",
  "test/kernel/load/",
  "test/kernel/probes/",
];

export const guests: readonly Guest[] = [
  {
    name: "5.10",
    suite: "bullseye",
    architecture: amd64,
    tests: KERNEL_TESTS,
    brief: KERNEL_TESTS,
    randomRules: 60,
  },
  { name: "6.1", suite: "bookworm", architecture: amd64, tests: KERNEL_TESTS, brief: BRIEF, randomRules: 50 },
  {
    name: "6.12",
    suite: "trixie",
    architecture: amd64,
    tests: KERNEL_TESTS,
    brief: [...BRIEF, "test/kernel/rules/page-cache.test.ts"],
    randomRules: 60,
  },
  {
    name: "6.12-arm64",
    suite: "trixie",
    architecture: arm64,
    tests: [...KERNEL_TESTS, "test/bpf/compile/"],
    brief: [...BRIEF, "test/bpf/compile/"],
    randomRules: 40,
  },
];

const SAME_EVERYWHERE = "holds what the daemon does around its rules, which does not differ by kernel";

/** Test files that the matrix leaves out in all guests, and why. */
export const leftOut: Readonly<Record<string, string>> = {
  "test/kernel/cli/colors.test.ts": SAME_EVERYWHERE,
  "test/kernel/cli/compile.test.ts": SAME_EVERYWHERE,
  "test/kernel/cli/control.test.ts": SAME_EVERYWHERE,
  "test/kernel/cli/probes.test.ts": SAME_EVERYWHERE,
  "test/kernel/cli/record.test.ts": SAME_EVERYWHERE,
  "test/kernel/cli/explain.test.ts": SAME_EVERYWHERE,
  "test/kernel/cli/export-prometheus.test.ts": SAME_EVERYWHERE,
  "test/kernel/cli/history.test.ts": SAME_EVERYWHERE,
  "test/kernel/cli/tail.test.ts": SAME_EVERYWHERE,
  "test/kernel/cli/top.test.ts": SAME_EVERYWHERE,
  "test/kernel/cli/try.test.ts": SAME_EVERYWHERE,
  "test/kernel/compile/no-scratch.test.ts": SAME_EVERYWHERE,
  "test/kernel/compile/refused-entries.test.ts":
    "takes a map's memory away, which before 5.11 is nobody's; what is counted then does not differ by kernel",
  "test/kernel/cli/plan.test.ts": "measures what an emulated processor does not say",
  "test/kernel/daemon/attacks.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/drill.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/judged-at-once.test.ts": "test/kernel/load/wake-ups.test.ts holds what differs by kernel",
  "test/kernel/daemon/kill-at-arrival.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/kills.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/descriptors.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/event-loop.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/evidence.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/full-disk.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/gone-process.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/heartbeat.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/hung-disk.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/lead.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/mail-loop.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/mail-subject.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/no-fuse.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/notices.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/notifying.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/own-events.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/records.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/reload.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/restart.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/rule-runner.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/rule-set.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/sealed-audit.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/second-daemon.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/service-manager.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/settings-fragments.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/slow-disk.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/standard-error.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/standard-output.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/state-folder.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/stop.test.ts": SAME_EVERYWHERE,
  "test/kernel/daemon/watching.test.ts": SAME_EVERYWHERE,
  "test/kernel/docs.test.ts": "holds what the pages show, which does not differ by kernel",
  "test/kernel/http/http.test.ts": SAME_EVERYWHERE,
  "test/kernel/http/many-rules.test.ts": "runs a browser, which is larger than the guests' whole userspace",
  "test/kernel/http/prometheus.test.ts": SAME_EVERYWHERE,
  "test/kernel/http/page.test.ts": "runs a browser, which is larger than the guests' whole userspace",
  "test/kernel/library/java.test.ts": "runs a Java machine, which is as large as the guests' whole userspace",
  "test/kernel/libbpf-ts/package.test.ts": "installs npm packages, and a guest has no network",
  "test/kernel/load/fused/chain.test.ts":
    "holds what happens with too many programs; fuser.test.ts holds what differs by kernel",
  "test/kernel/probes/busy-tracepoints.test.ts":
    "holds what busy processors leave out, which those that are emulated in turn do not",
  "test/kernel/probes/hostile-files.test.ts":
    "holds how files of other users are read; followed-files.test.ts holds that rules are attached to them",
  "test/kernel/probes/left-out-runs.test.ts":
    "holds what busy processors leave out, which those that are emulated in turn do not",
  "test/kernel/rules/alert-latency.test.ts":
    "measures how long an alert takes, which an emulated processor does not say",
  "test/kernel/sample/cgroup-names.test.ts": "holds names that user space finds, which do not differ by kernel",
  "test/kernel/rules/page-cache-alert.test.ts":
    "holds how the alert comes about; page-cache.test.ts holds what the rule counts",
  "test/kernel/rules/tcp-retransmits-total.test.ts":
    "holds totals against those of ss and nstat a moment later, for which an emulated processor is too slow",
};

/** Test files of what the loader and the compiler do at their limits, on any processor. */
const LIMITS = [
  "test/kernel/compile/key-limit.test.ts",
  "test/kernel/compile/record-limit.test.ts",
  "test/kernel/compile/span-limit.test.ts",
  "test/kernel/compile/unreadable-aggregates.test.ts",
  "test/kernel/compile/verifier-work.test.ts",
  "test/kernel/load/refusals.test.ts",
  "test/kernel/load/refused-probes.test.ts",
];

/**
 * Test files that take long, and whose subject does not differ between the oldest kernel and the
 * newest.
 */
const LONG = Object.keys(longTests);

const PAGE_CACHE = "test/kernel/rules/page-cache.test.ts";
const STACKS = "test/kernel/sample/stacks.test.ts";

/**
 * Test files that one guest leaves out for the time they take. The oldest kernel runs all of them,
 * and so does the host, which has a newer kernel than any guest. To run one of them here all the
 * same, name it on the command line.
 */
export const leftOutOf: Readonly<Record<string, readonly string[]>> = {
  "6.1": [...LONG, ...libraryRuleTests, PAGE_CACHE, STACKS],
  "6.12": [...LONG, ...libraryRuleTests, STACKS],
  "6.12-arm64": [
    ...LONG,
    ...libraryRuleTests,
    ...LIMITS,
    PAGE_CACHE,
    "test/kernel/cli/check.test.ts",
    "test/kernel/library/file-functions.test.ts",
    // a number of a system call has no upper half there
    "test/kernel/probes/system-call-numbers.test.ts",
  ],
};

/**
 * The number of rules with random values that a guest tries: an interpreter on an emulated
 * processor is slow.
 */
export const RANDOM_VALUES = 12;

/** Enough for what the tests hold in memory, and for the page cache that they fill. */
export const MEMORY_MIB = 2048;

/** Tests of per-CPU maps need more than one. */
export const CPUS = Math.max(2, Math.min(4, availableParallelism()));
