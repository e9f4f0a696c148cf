import assert from "node:assert/strict";
import {
  adoptMap,
  createMap,
  deleteBatch,
  lookupAndDeleteBatch,
  lookupBatch,
  MAP_FLAGS,
  mapMemory,
  MAP_TYPES,
  possibleCpus,
  UPDATE_FLAGS,
  type BpfMap,
  type MapOptions,
  type MapType,
} from "libbpf-ts";
import { kernel } from "../compile/host.ts";
import { u32 } from "./assembler.ts";
import { kernelTest } from "../privilege.ts";

function hash(type: MapType, maxEntries: number, valueBytes = 8): BpfMap {
  return createMap({ name: "test", type, keyBytes: 4, valueBytes, maxEntries });
}

function u64(value: number): Uint8Array {
  return new Uint8Array(new BigUint64Array([BigInt(value)]).buffer);
}

/** A value with `number + cpu` for each CPU. */
function perCpu(number: number): Uint8Array {
  return new Uint8Array(new BigUint64Array(possibleCpus()).map((_, cpu) => BigInt(number + cpu)).buffer);
}

/** Everything in a map, one batch after the other, by the first four bytes of the key. */
function readAll(map: BpfMap, batchEntries: number, read: typeof lookupBatch): Map<number, Uint8Array> {
  const keys = new Uint8Array(batchEntries * map.keyBytes);
  const values = new Uint8Array(batchEntries * map.userValueBytes);
  const all = new Map<number, Uint8Array>();
  let batch = read(map, { keys, values });
  for (;;) {
    for (let index = 0; index < batch.count; index++) {
      const key = new DataView(keys.buffer).getUint32(index * map.keyBytes, true);
      all.set(key, values.slice(index * map.userValueBytes, (index + 1) * map.userValueBytes));
    }
    if (batch.next === undefined) return all;
    batch = read(map, { keys, values }, batch.next);
  }
}

kernelTest("maps in the kernel", async (t) => {
  await t.test("every type that needs no other object can be created", () => {
    const unlike: Partial<Record<MapType, Partial<MapOptions>>> = {
      ring_buffer: { keyBytes: 0, valueBytes: 0, maxEntries: 65536 },
      bloom_filter: { keyBytes: 0 },
      stack_trace: { valueBytes: 127 * 8 },
      lpm_trie: { keyBytes: 8, flags: MAP_FLAGS.NO_PREALLOC },
      prog_array: { valueBytes: 4 },
      perf_event_array: { valueBytes: 4 },
    };
    const needOthers: readonly MapType[] = ["array_of_maps", "hash_of_maps", "task_storage"];
    const isKnown = (type: MapType): boolean =>
      kernel.btf.enumerator(`BPF_MAP_TYPE_${type === "ring_buffer" ? "RINGBUF" : type.toUpperCase()}`) !== undefined;
    for (const type of Object.keys(MAP_TYPES) as MapType[]) {
      if (needOthers.includes(type) || !isKnown(type)) continue;
      using map = createMap({ name: type, type, keyBytes: 4, valueBytes: 8, maxEntries: 4, ...unlike[type] });
      assert.ok(map.fd > 2, type);
    }
  });

  await t.test("elements are looked up, updated, listed and deleted", () => {
    using map = hash("hash", 8);
    assert.equal(map.lookup(u32(1)), undefined);
    map.update(u32(1), u64(10));
    map.update(u32(2), u64(20));
    map.update(u32(1), u64(11));
    assert.deepEqual(map.lookup(u32(1)), u64(11));
    assert.deepEqual(new Set([...map.keys()].map((key) => key[0])), new Set([1, 2]));
    assert.deepEqual([map.delete(u32(1)), map.delete(u32(1))], [true, false]);
    assert.deepEqual([...map.keys()], [u32(2)]);
  });

  await t.test("update flags are obeyed, and a full map gives an error that says so", () => {
    using map = hash("hash", 1);
    map.update(u32(1), u64(1), UPDATE_FLAGS.NOEXIST);
    assert.throws(() => map.update(u32(1), u64(1), UPDATE_FLAGS.NOEXIST), { name: "BpfError", code: "EEXIST" });
    assert.throws(() => map.update(u32(2), u64(1)), { code: "E2BIG", message: /the map is full/ });
  });

  await t.test("arrays that are too short are refused before the kernel writes past them", () => {
    using map = hash("percpu_hash", 4);
    assert.throws(() => map.lookup(new Uint8Array(3)), {
      name: "RangeError",
      message: "expected a key of 4 bytes, found 3",
    });
    assert.throws(() => map.lookup(u32(1), new Uint8Array(8 * possibleCpus() - 1)), RangeError);
  });

  await t.test("a lookup fills the array it is given", () => {
    using map = hash("array", 1);
    map.update(u32(0), u64(7));
    const into = new Uint8Array(8);
    assert.equal(map.lookup(u32(0), into), into);
    assert.deepEqual(into, u64(7));
  });

  await t.test("per-CPU values are rounded up to 8 bytes a CPU", () => {
    using map = hash("percpu_array", 1, 12);
    assert.equal(map.userValueBytes, 16 * possibleCpus());
  });

  for (const [type, value] of [
    ["hash", u64],
    ["percpu_hash", perCpu],
  ] as const) {
    await t.test(`batches of a ${type} read every entry once and remove it`, () => {
      using map = hash(type, 1000);
      for (let key = 0; key < 700; key++) map.update(u32(key), value(key * 100));
      for (const entries of [1000, 64]) {
        const all = readAll(map, entries, lookupBatch);
        assert.equal(all.size, 700);
        for (const [key, read] of all) assert.deepEqual(read, value(key * 100));
      }
      assert.equal(readAll(map, 1000, lookupAndDeleteBatch).size, 700);
      assert.deepEqual([...map.keys()], []);
      assert.equal(readAll(map, 1000, lookupAndDeleteBatch).size, 0);
    });
  }

  await t.test("a batch of keys is deleted up to the first missing one", () => {
    using map = hash("hash", 8);
    for (const key of [1, 2, 4]) map.update(u32(key), u64(key));
    const keys = new Uint8Array(new Uint32Array([1, 2, 3, 4]).buffer);
    assert.equal(deleteBatch(map, keys, 2), 2);
    assert.equal(deleteBatch(map, keys.subarray(8), 2), 0);
    assert.deepEqual([...map.keys()], [u32(4)]);
  });

  await t.test("an element of an array of maps is replaced on another thread", async () => {
    using first = hash("array", 1);
    using second = hash("array", 1);
    using outer = createMap({
      name: "outer",
      type: "array_of_maps",
      keyBytes: 4,
      valueBytes: 4,
      maxEntries: 1,
      innerMapFd: first.fd,
    });
    outer.update(u32(0), u32(first.fd));
    const before = outer.lookup(u32(0));
    await outer.updateOnThread(u32(0), u32(second.fd));
    assert.notDeepEqual(outer.lookup(u32(0)), before);
    await assert.rejects(outer.updateOnThread(u32(9), u32(second.fd)), { name: "BpfError", code: "E2BIG" });
  });

  await t.test("more calls than koffi queues can be made on threads at once", async () => {
    using map = hash("hash", 400);
    const numbers = Array.from({ length: 400 }, (_, number) => number);
    await Promise.all(numbers.map((number) => map.updateOnThread(u32(number), u64(number))));
    assert.equal(readAll(map, 400, lookupBatch).size, 400);
  });

  await t.test("a mapped array is the map's own memory, until it is unmapped", () => {
    const flags = MAP_FLAGS.MMAPABLE;
    using map = createMap({ name: "mapped", type: "array", keyBytes: 4, valueBytes: 8, maxEntries: 3, flags });
    const memory = mapMemory(map);
    const values = new BigUint64Array(memory.buffer);
    map.update(u32(2), u64(5));
    assert.equal(values[2], 5n);
    values[1] = 9n;
    assert.deepEqual(map.lookup(u32(1)), u64(9));
    memory[Symbol.dispose]();
    memory[Symbol.dispose]();
    assert.equal(values.length, 0);
  });

  await t.test("a closed map cannot be used, closing it again does nothing", () => {
    const map = hash("hash", 1);
    map[Symbol.dispose]();
    map[Symbol.dispose]();
    assert.throws(() => map.lookup(u32(1)), { message: 'map "test" is closed' });
  });

  await t.test("an adopted descriptor is the same map", () => {
    const created = { name: "adopted", type: "hash", keyBytes: 4, valueBytes: 8, maxEntries: 4 } as const;
    const map = createMap(created);
    using adopted = adoptMap(map.fd, created);
    map.update(u32(3), u64(33));
    assert.deepEqual(adopted.lookup(u32(3)), u64(33));
  });

  await t.test("a refusal by the kernel is a BpfError", () => {
    assert.throws(() => hash("hash", 0), { name: "BpfError", operation: "BPF_MAP_CREATE", code: "EINVAL" });
  });
});
