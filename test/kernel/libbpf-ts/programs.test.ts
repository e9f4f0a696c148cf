import assert from "node:assert/strict";
import {
  createMap,
  enableRunStatistics,
  loadBtf,
  loadProgram,
  probeFeature,
  programInfo,
  testRun,
  VerifierError,
  type BpfProgram,
  type ProgramOptions,
} from "libbpf-ts";
import { countInto, exit, load64, move, program, skipIfEqual, sumOverCpus, u32 } from "./assembler.ts";
import { kernelTest } from "../privilege.ts";
import { libc } from "../support/libc.ts";

function load(instructions: Uint8Array, more: Partial<ProgramOptions> = {}): BpfProgram {
  return loadProgram({ type: "raw_tracepoint", name: "test", license: "GPL", instructions, ...more });
}

function verifierError(instructions: Uint8Array): VerifierError {
  try {
    load(instructions)[Symbol.dispose]();
  } catch (error) {
    if (error instanceof VerifierError) return error;
    throw error;
  }
  throw new Error("the verifier took the program");
}

const ITIMER_REAL = 0;

/** Sends this process a signal that it handles every so many microseconds. */
function alarms(everyUs: number): Disposable {
  const ignore = (): void => undefined;
  process.on("SIGALRM", ignore);
  const seconds = 0n;
  libc.setitimer(ITIMER_REAL, BigInt64Array.of(seconds, BigInt(everyUs), seconds, BigInt(everyUs)), null);
  return {
    [Symbol.dispose]() {
      libc.setitimer(ITIMER_REAL, new BigInt64Array(4), null);
      process.off("SIGALRM", ignore);
    },
  };
}

kernelTest("programs in the kernel", async (t) => {
  await t.test("a refused program gives the verifier's log, its verdict and the instruction", () => {
    const error = verifierError(program(move(1, 0), load64(0, 1, 0), exit));
    assert.equal(error.code, "EACCES");
    assert.equal(error.instruction, 1);
    assert.match(error.summary, /^1: \(79\) r0 = .*: R1 invalid mem access '(scalar|inv)' \(\d+ lines? omitted\)$/);
    assert.match(error.log, /processed 2 insns/);
    assert.match(error.message, /^program "test": BPF_PROG_LOAD: the verifier refused it \(EACCES\): 1: /);
  });

  await t.test("an error before tracing names its instruction", () => {
    assert.equal(verifierError(program(move(0, 0), exit, move(0, 0), exit)).instruction, 2);
  });

  await t.test("a log larger than the first buffer is whole", () => {
    const long = Array.from({ length: 4000 }, () => move(0, 1));
    const error = verifierError(program(...long, load64(0, 0, 0), exit));
    assert.ok(error.log.length > 64 * 1024);
    assert.match(error.log, /^0: /m);
    assert.equal(error.instruction, 4000);
  });

  await t.test("a refusal without the verifier is not a VerifierError", () => {
    assert.throws(() => load(program(move(0, 0), exit), { flags: 1 << 30 }), { name: "BpfError", code: "EINVAL" });
  });

  await t.test("a program is loaded although many signals come", () => {
    using _ = alarms(500);
    const long = Array.from({ length: 100_000 }, () => move(0, 1));
    using loaded = load(program(...long, exit));
    assert.ok(loaded.fd >= 0);
  });

  await t.test("damaged BTF is refused with the kernel's text", () => {
    assert.throws(() => loadBtf(new Uint8Array(32)), { name: "VerifierError", summary: /^Invalid magic/ });
  });

  await t.test("a test run gets its context and returns the program's result", () => {
    using same = load(program(load64(0, 1, 8), exit));
    const context = new Uint8Array(new BigUint64Array([1n, 42n]).buffer);
    assert.equal(testRun(same, { context }).returned, 42);
  });

  await t.test("a test run on a packet repeats as often as requested", () => {
    using map = createMap({ name: "runs", type: "percpu_array", keyBytes: 4, valueBytes: 8, maxEntries: 1 });
    using counts = load(countInto(map.fd), { type: "socket_filter" });
    testRun(counts, { data: new Uint8Array(64), repeat: 1000 });
    assert.equal(sumOverCpus(map.lookup(u32(0)) ?? new Uint8Array()), 1000n);
  });

  await t.test("a type without test runs gives an error that says so", () => {
    using tracepoint = load(program(move(0, 0), exit), { type: "tracepoint" });
    assert.throws(() => testRun(tracepoint, {}), { code: "ENOTSUPP", message: /cannot test-run/ });
  });

  await t.test("info names the program and its maps, and counts runs while statistics are on", () => {
    using map = createMap({ name: "counts", type: "percpu_array", keyBytes: 4, valueBytes: 8, maxEntries: 1 });
    using counts = load(countInto(map.fd), { name: "counts runs" });
    const run = (): void => void testRun(counts, { context: new Uint8Array(8) });
    {
      using _ = enableRunStatistics();
      for (let index = 0; index < 10; index++) run();
    }
    run();
    const info = programInfo(counts);
    assert.equal(info.name, "counts_runs");
    assert.match(info.tag, /^[0-9a-f]{16}$/);
    assert.equal(info.mapIds.length, 1);
    assert.ok(info.translatedBytes >= countInto(map.fd).byteLength - 16);
    assert.equal(sumOverCpus(map.lookup(u32(0)) ?? new Uint8Array()), 11n);
    assert.equal(info.runCount, 10n);
    assert.ok(info.runTimeNs > 0n);
    // since 5.12
    assert.equal(info.recursionMisses ?? 0n, 0n);
  });

  await t.test("a closed program cannot be used", () => {
    const closed = load(program(move(0, 0), exit));
    closed[Symbol.dispose]();
    closed[Symbol.dispose]();
    assert.throws(() => programInfo(closed), { message: 'program "test" is closed' });
  });

  await t.test("features are found by trying, and agree with the programs that load", () => {
    const atomic = program(move(1, 1), new Uint8Array([0x7b, 0x1a, 0xf8, 0xff, 0, 0, 0, 0]), move(0, 0));
    const [fetchAdd, exchange, compareExchange] = [0x01, 0xe1, 0xf1].map(
      (operator) => new Uint8Array([0xdb, 0x1a, 0xf8, 0xff, operator, 0, 0, 0]),
    ) as [Uint8Array, Uint8Array, Uint8Array];
    const all = program(atomic, fetchAdd, exchange, compareExchange, move(0, 0), exit);
    assert.equal(probeFeature("atomic_fetch"), accepts(all));
    const divide = new Uint8Array([0x37, 0, 1, 0, 3, 0, 0, 0]);
    assert.equal(probeFeature("signed_division"), accepts(program(move(0, 9), divide, skipIfEqual(0, 3, 0), exit)));
    assert.equal(probeFeature("ring_buffer"), true);
  });
});

function accepts(instructions: Uint8Array): boolean {
  try {
    load(instructions)[Symbol.dispose]();
    return true;
  } catch {
    return false;
  }
}
