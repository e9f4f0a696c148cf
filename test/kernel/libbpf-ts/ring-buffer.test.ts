import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createMap, loadProgram, RingBuffer, RingPoller, testRun, type BpfMap, type BpfProgram } from "libbpf-ts";
import {
  add,
  call,
  copy,
  exit,
  HELPER,
  load64,
  loadMap,
  move,
  program,
  skipIfEqual,
  store64,
  storeValue32,
} from "./assembler.ts";
import { kernelTest } from "../privilege.ts";

const RING_BYTES = 65_536;
const RECORD_BYTES = 24;

function ringMap(): BpfMap {
  return createMap({ name: "ring", type: "ring_buffer", keyBytes: 0, valueBytes: 0, maxEntries: RING_BYTES });
}

/** Puts (context[0], 1, 2) of 8 bytes each into the ring; returns 0, or 1 where it was full. */
function producer(ring: BpfMap, finish: "ringSubmit" | "ringDiscard" = "ringSubmit"): BpfProgram {
  const instructions = program(
    load64(6, 1, 0),
    loadMap(1, ring.fd),
    move(2, RECORD_BYTES),
    move(3, 0),
    call(HELPER.ringReserve),
    skipIfEqual(0, 0, 10),
    store64(0, 0, 6),
    move(1, 1),
    store64(0, 8, 1),
    move(1, 2),
    store64(0, 16, 1),
    copy(1, 0),
    move(2, 0),
    call(HELPER[finish]),
    move(0, 0),
    exit,
    move(0, 1),
    exit,
  );
  return loadProgram({ type: "raw_tracepoint", name: finish, license: "GPL", instructions });
}

const OUTPUT_BYTES = 204;
const OUTPUT_BYTE = 0x2b;

/**
 * Puts `OUTPUT_BYTES` bytes of `OUTPUT_BYTE` into the ring; 216 with the header and rounding do not
 * divide the ring, so some records wrap.
 */
function outputOf(ring: BpfMap): BpfProgram {
  const fill = Buffer.alloc(4, OUTPUT_BYTE).readInt32LE();
  const stores = Array.from({ length: OUTPUT_BYTES / 4 }, (_, index) =>
    storeValue32(10, -OUTPUT_BYTES + 4 * index, fill),
  );
  const instructions = program(
    ...stores,
    loadMap(1, ring.fd),
    copy(2, 10),
    add(2, -OUTPUT_BYTES),
    move(3, OUTPUT_BYTES),
    move(4, 0),
    call(HELPER.ringOutput),
    exit,
  );
  return loadProgram({ type: "raw_tracepoint", name: "output", license: "GPL", instructions });
}

/** False where the ring was full. */
function produce(from: BpfProgram, number: number): boolean {
  return testRun(from, { context: new Uint8Array(new BigUint64Array([BigInt(number)]).buffer) }).returned === 0;
}

function numberOf(record: Uint8Array): number {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  assert.deepEqual(
    [record.byteLength, view.getBigUint64(8, true), view.getBigUint64(16, true)],
    [RECORD_BYTES, 1n, 2n],
  );
  return Number(view.getBigUint64(0, true));
}

kernelTest("ring buffers", async (t) => {
  await t.test("records arrive in order and whole over many rounds of the ring", () => {
    using map = ringMap();
    using ring = new RingBuffer(map);
    using submit = producer(map);
    const total = 10_000;
    const chunk = 700;
    const seen: number[] = [];
    for (let number = 0; number < total; number++) {
      assert.ok(produce(submit, number));
      if (number % chunk === chunk - 1) ring.drain((record) => seen.push(numberOf(record)));
    }
    ring.drain((record) => seen.push(numberOf(record)));
    assert.ok(total * (RECORD_BYTES + 8) > 4 * RING_BYTES);
    assert.deepEqual(
      seen,
      Array.from({ length: total }, (_, number) => number),
    );
    assert.equal(ring.availableBytes, 0);
  });

  await t.test("a record that wraps around the ring's end is whole", () => {
    using map = ringMap();
    using ring = new RingBuffer(map);
    using output = outputOf(map);
    let wrapped = 0;
    for (let round = 0; round < 1000; round++) {
      assert.equal(testRun(output, { context: new Uint8Array(8) }).returned, 0);
      ring.drain((record) => {
        assert.equal(record.byteLength, OUTPUT_BYTES);
        assert.ok(record.every((byte) => byte === OUTPUT_BYTE));
        // Only a record that wraps is copied out of the ring.
        if (record.buffer.byteLength === record.byteLength) wrapped++;
      });
    }
    assert.ok(wrapped > 0);
  });

  await t.test("a full ring refuses, keeps its records, and accepts more after it was read", () => {
    using map = ringMap();
    using ring = new RingBuffer(map);
    using submit = producer(map);
    let accepted = 0;
    while (produce(submit, accepted)) accepted++;
    // The kernel keeps the producer short of a whole round, so the last record of it never fits.
    assert.equal(accepted, RING_BYTES / (RECORD_BYTES + 8) - 1);
    assert.equal(ring.availableBytes, accepted * (RECORD_BYTES + 8));
    assert.ok(!produce(submit, 0));
    let next = 0;
    assert.equal(
      ring.drain((record) => assert.equal(numberOf(record), next++)),
      accepted,
    );
    assert.ok(produce(submit, 0));
  });

  await t.test("discarded records are skipped", () => {
    using map = ringMap();
    using ring = new RingBuffer(map);
    using submit = producer(map);
    using discard = producer(map, "ringDiscard");
    for (let number = 0; number < 10; number++) produce(number % 2 ? discard : submit, number);
    const seen: number[] = [];
    assert.equal(
      ring.drain((record) => seen.push(numberOf(record))),
      5,
    );
    assert.deepEqual(seen, [0, 2, 4, 6, 8]);
    assert.equal(ring.availableBytes, 0);
  });

  await t.test("a drain stops at its limit and continues from there, also after its callback threw", () => {
    using map = ringMap();
    using ring = new RingBuffer(map);
    using submit = producer(map);
    for (let number = 0; number < 6; number++) produce(submit, number);
    const seen: number[] = [];
    const collect = (record: Uint8Array): void => void seen.push(numberOf(record));
    assert.equal(ring.drain(collect, 2), 2);
    assert.throws(
      () =>
        ring.drain(() => {
          throw new Error("refused");
        }),
      /refused/,
    );
    assert.equal(ring.drain(collect), 3);
    assert.deepEqual(seen, [0, 1, 3, 4, 5]);
  });

  await t.test("room is returned during a long drain", () => {
    using map = ringMap();
    using ring = new RingBuffer(map);
    using submit = producer(map);
    let accepted = 0;
    while (produce(submit, accepted)) accepted++;
    let drained = 0;
    ring.drain(() => {
      if (++drained === Math.floor(accepted / 2)) assert.ok(produce(submit, 0));
    });
    assert.equal(drained, accepted);
    assert.equal(
      ring.drain(() => {}),
      1,
    );
  });

  await t.test("a drain ends although each record causes another one", () => {
    using map = ringMap();
    using ring = new RingBuffer(map);
    using submit = producer(map);
    for (let number = 0; number < 3; number++) produce(submit, number);
    const bringAnother = (): void => void (drained++ < 100 && assert.ok(produce(submit, 0)));
    let drained = 0;
    assert.equal(ring.drain(bringAnother), 3);
    assert.equal(ring.drain(bringAnother), 3);
  });

  await t.test("a new reader of a map continues where the last one stopped", () => {
    using map = ringMap();
    using submit = producer(map);
    for (let number = 0; number < 4; number++) produce(submit, number);
    {
      using first = new RingBuffer(map);
      first.drain(() => {}, 3);
    }
    using second = new RingBuffer(map);
    assert.equal(
      second.drain((record) => assert.equal(numberOf(record), 3)),
      1,
    );
  });

  await t.test("a closed ring gives an error, and views that were kept are empty", () => {
    using map = ringMap();
    using submit = producer(map);
    const ring = new RingBuffer(map);
    produce(submit, 1);
    let kept: Uint8Array = new Uint8Array(1);
    ring.drain((record) => (kept = record));
    ring[Symbol.dispose]();
    ring[Symbol.dispose]();
    assert.equal(kept.length, 0);
    assert.throws(() => ring.drain(() => {}), { message: 'ring buffer "ring" is closed' });
    assert.throws(() => ring.availableBytes, { message: 'ring buffer "ring" is closed' });
  });

  await t.test(
    "the poller reports rings with records, again those that were not drained, and the loop continues",
    async () => {
      using firstMap = ringMap();
      using secondMap = ringMap();
      using first = new RingBuffer(firstMap);
      using second = new RingBuffer(secondMap);
      using firstSubmit = producer(firstMap);
      using secondSubmit = producer(secondMap);
      using poller = new RingPoller();
      const said: RingBuffer[] = [];
      const { promise, resolve } = Promise.withResolvers<void>();
      poller.add(first, () => assert.fail("nothing was put into the first ring"));
      poller.add(second, (ring) => {
        said.push(ring);
        if (said.length < 3) return;
        assert.equal(ring.drain(numberOf), 1);
        resolve();
      });
      assert.throws(() => poller.add(first, () => {}), /watched already/);
      await new Promise((next) => setImmediate(next));
      produce(secondSubmit, 1);
      await promise;
      assert.deepEqual(said, [second, second, second]);
      poller.remove(first);
      produce(firstSubmit, 1);
      await new Promise((next) => setTimeout(next, 5));
      poller.add(first, (ring) => {
        ring.drain(numberOf);
        poller.remove(ring);
      });
      while (first.availableBytes > 0) await new Promise((next) => setImmediate(next));
    },
  );

  await t.test("a process ends after its poller is closed", () => {
    const script = `
      import { createMap, RingBuffer, RingPoller } from "libbpf-ts";
      const map = createMap({ name: "ring", type: "ring_buffer", keyBytes: 0, valueBytes: 0, maxEntries: 65536 });
      const ring = new RingBuffer(map);
      const poller = new RingPoller();
      poller.add(ring, () => {});
      setTimeout(() => { poller[Symbol.dispose](); ring[Symbol.dispose](); map[Symbol.dispose](); console.log("closed"); }, 10);`;
    const options = { cwd: import.meta.dirname, encoding: "utf8", timeout: 20_000 } as const;
    const child = spawnSync(process.execPath, ["--input-type=module", "--eval", script], options);
    assert.deepEqual([child.status, child.signal, child.stdout], [0, null, "closed\n"], child.stderr);
  });
});
