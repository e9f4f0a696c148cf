import { closeSync, ftruncateSync, openSync, read, readSync } from "node:fs";
import { promisify } from "node:util";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import koffi from "koffi";
import {
  evict,
  libc,
  makeFile,
  MAP_SHARED,
  MIB,
  mmap,
  PAGE,
  pagesOf,
  PROT_READ,
  writeOut,
} from "./page-cache-files.ts";
import type { Load, LoadResult } from "./page-cache-files.ts";

/*
 * Ways to read one file at several places, or by several threads: what one brings must not be taken
 * for what another does.
 */

const BYTES = 64 * MIB;
const CALL_BYTES = 64 * 1024;
const EACH_BYTES = 8 * MIB;
const MADV_RANDOM = 1;
const madvise = libc.func("int madvise(void *address, size_t length, int advice)");

/** A cold file that is read from its start to its end, each page once, so that all of it is missed. */
function coldFile(name: string, load: (path: string) => void | Promise<void>): Load {
  return {
    prepare(folder) {
      makeFile(`${folder}/${name}`, BYTES);
      writeOut(folder);
      evict(openSync(`${folder}/${name}`, "r"));
    },
    async load(folder) {
      await load(`${folder}/${name}`);
      return { read: BYTES / PAGE, missed: BYTES / PAGE };
    },
  };
}

const READER = `
  const { openSync, readSync } = require("node:fs");
  const { path, thread, threads, from, to, bytes, turns } = require("node:worker_threads").workerData;
  const turn = new Int32Array(turns);
  const fd = openSync(path, "r");
  const buffer = Buffer.alloc(bytes);
  for (let offset = from; offset < to; offset += bytes) {
    for (let now; (now = Atomics.load(turn, 0)) % threads !== thread;) Atomics.wait(turn, 0, now);
    readSync(fd, buffer, 0, bytes, offset);
    Atomics.add(turn, 0, 1);
    Atomics.notify(turn, 0);
  }
`;

/**
 * Four threads in turn, each with a descriptor of its own, at places that no readahead of another
 * reaches.
 */
const threadsInTurn: Load = {
  prepare(folder) {
    const fd = openSync(`${folder}/sparse`, "w+");
    ftruncateSync(fd, 4 * BYTES);
    closeSync(fd);
  },
  async load(folder) {
    const turns = new SharedArrayBuffer(4);
    const own = { path: `${folder}/sparse`, threads: 4, bytes: CALL_BYTES, turns };
    const workers = [0, 1, 2, 3].map((thread) => {
      const from = thread * BYTES;
      return new Worker(READER, { eval: true, workerData: { ...own, thread, from, to: from + EACH_BYTES } });
    });
    await Promise.all(workers.map((worker) => once(worker, "exit")));
    return { read: (4 * EACH_BYTES) / PAGE, missed: (4 * EACH_BYTES) / PAGE };
  },
};

/** The threads of a pool, whichever is free for the next piece. */
const byPool = coldFile("by-pool", async (path) => {
  const fd = openSync(path, "r");
  const buffer = Buffer.alloc(CALL_BYTES);
  for (let offset = 0; offset < BYTES; offset += CALL_BYTES)
    await promisify(read)(fd, { buffer, position: offset, length: CALL_BYTES });
  closeSync(fd);
});

/** One thread with one descriptor, a piece of the first half and one of the second in turn. */
const halvesInTurn = coldFile("halves-in-turn", (path) => {
  const fd = openSync(path, "r");
  const buffer = Buffer.alloc(CALL_BYTES);
  for (let offset = 0; offset < BYTES / 2; offset += CALL_BYTES) {
    readSync(fd, buffer, 0, CALL_BYTES, offset);
    readSync(fd, buffer, 0, CALL_BYTES, BYTES / 2 + offset);
  }
});

/** Touches one page of a mapping before each of seven calls that read elsewhere in the same file. */
const faultsBetween: Load = {
  prepare: (folder) => {
    halvesInTurn.prepare(folder);
  },
  load(folder): LoadResult {
    const fd = openSync(`${folder}/halves-in-turn`, "r");
    const address: unknown = mmap(null, BYTES, PROT_READ, MAP_SHARED, fd, 0);
    madvise(address, BYTES, MADV_RANDOM);
    const mapped = new Uint8Array(koffi.view(address, BYTES));
    const buffer = Buffer.alloc(4 * MIB);
    const truth = { read: 0, missed: 0 };
    for (let offset = 0; offset + 2 * buffer.length < BYTES; offset += 2 * buffer.length) {
      if (mapped[offset] !== 7) throw new Error("not as written");
      const { read: asked, missed } = pagesOf(fd, offset + buffer.length, buffer.length);
      truth.read += asked;
      truth.missed += missed;
      readSync(fd, buffer, 0, buffer.length, offset + buffer.length);
    }
    return truth;
  },
};

export const mixed: Readonly<Record<string, Load>> = {
  "threads-in-turn": threadsInTurn,
  "by-pool": byPool,
  "halves-in-turn": halvesInTurn,
  "faults-between": faultsBetween,
};
