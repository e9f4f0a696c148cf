import { closeSync, mkdirSync, openSync, readSync } from "node:fs";
import koffi from "koffi";
import {
  evict,
  fadvise,
  makeFile,
  MAP_SHARED,
  MIB,
  mmap,
  PAGE,
  pagesOf,
  POSIX_FADV_RANDOM,
  PROT_READ,
  pseudoRandom,
  readThrough,
  residentPages,
  writeOut,
  type Load,
} from "./page-cache-files.ts";
import { mixed } from "./page-cache-mixed.ts";
import { moves } from "./page-cache-moves.ts";

/**
 * Reads files in the ways that the page-cache rule must get right; run as a program of its own, so
 * that its main thread is the reader. `node page-cache-load.ts WHAT FOLDER` waits for a line on
 * standard input, loads, and prints one JSON line {read, missed}: pages asked for, and those of
 * them that were not in the page cache.
 */

function sequential(bufferBytes: number, cold: boolean): Load {
  const path = (folder: string): string => `${folder}/big`;
  return {
    prepare(folder) {
      makeFile(path(folder), 64 * MIB);
      writeOut(folder);
      const fd = openSync(path(folder), "r");
      evict(fd);
      if (!cold) readThrough(fd, MIB);
    },
    load(folder) {
      const fd = openSync(path(folder), "r");
      const before = residentPages(fd, 64 * MIB);
      const read = readThrough(fd, bufferBytes);
      return { read, missed: residentPages(fd, 64 * MIB) - before };
    },
  };
}

/**
 * Calls of `callBytes` from a cold file's start to its end. A page that two calls ask for is there
 * for the second.
 */
function coldCalls(callBytes: number): Load {
  const bytes = 16 * MIB;
  const path = (folder: string): string => `${folder}/calls`;
  return {
    prepare(folder) {
      makeFile(path(folder), bytes);
      writeOut(folder);
      evict(openSync(path(folder), "r"));
    },
    load(folder) {
      const fd = openSync(path(folder), "r");
      const buffer = Buffer.alloc(callBytes);
      let read = 0;
      for (let offset = 0; offset < bytes; offset += callBytes) {
        const got = readSync(fd, buffer, 0, callBytes, offset);
        read += Math.floor((offset + got - 1) / PAGE) + 1 - Math.floor(offset / PAGE);
      }
      return { read, missed: bytes / PAGE };
    },
  };
}

interface RandomCalls {
  readonly callBytes: number;
  /** calls begin at multiples of this */
  readonly alignment: number;
  /** pages that lie in the cache, and as many that do not, and so on */
  readonly runPages: number;
  readonly advise?: boolean;
}

/**
 * Reads anywhere in a file whose half is in the cache. The truth is the result of mincore(2) just
 * before each call.
 */
function random({ callBytes, alignment, runPages, advise = false }: RandomCalls): Load {
  const bytes = 32 * MIB;
  const path = (folder: string): string => `${folder}/half`;
  return {
    prepare(folder) {
      makeFile(path(folder), bytes);
      writeOut(folder);
      const fd = openSync(path(folder), "r");
      evict(fd);
      fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
      const buffer = Buffer.alloc(runPages * PAGE);
      for (let offset = 0; offset < bytes; offset += 2 * buffer.length) readSync(fd, buffer, 0, buffer.length, offset);
    },
    load(folder) {
      const fd = openSync(path(folder), "r");
      if (advise) fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
      const buffer = Buffer.alloc(callBytes);
      const numbers = pseudoRandom(1);
      const truth = { read: 0, missed: 0 };
      for (let n = 0; n < 1000; n++) {
        const offset = Math.floor((numbers.next().value * (bytes - callBytes)) / alignment) * alignment;
        const { read, missed } = pagesOf(fd, offset, callBytes);
        truth.read += read;
        truth.missed += missed;
        readSync(fd, buffer, 0, callBytes, offset);
      }
      return truth;
    },
  };
}

/**
 * Reads the first page of many files. Every `coldEvery`th is not in the cache; with 0, all are.
 */
function smallFiles(coldEvery: number, pages = 1): Load {
  const count = 2000 / pages;
  const path = (folder: string, n: number): string => `${folder}/small-${pages}/${n}`;
  const openAll = (folder: string): number[] => Array.from({ length: count }, (_, n) => openSync(path(folder, n), "r"));
  return {
    prepare(folder) {
      mkdirSync(`${folder}/small-${pages}`, { recursive: true });
      for (let n = 0; n < count; n++) makeFile(path(folder, n), pages * PAGE);
      writeOut(folder);
      for (const [n, fd] of openAll(folder).entries()) {
        evict(fd);
        fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
        if (coldEvery === 0 || n % coldEvery !== 0) readSync(fd, Buffer.alloc(PAGE), 0, PAGE, 0);
        closeSync(fd);
      }
    },
    load(folder) {
      const truth = { read: 0, missed: 0 };
      for (const fd of openAll(folder)) {
        truth.read += 1;
        truth.missed += pagesOf(fd, 0, PAGE).missed;
        readSync(fd, Buffer.alloc(PAGE), 0, PAGE, 0);
        closeSync(fd);
      }
      return truth;
    },
  };
}

/** Two cold files in turn: what readahead brought of one still waits when the other has been read. */
const inTurn: Load = {
  prepare(folder) {
    for (const name of ["one", "two"]) makeFile(`${folder}/${name}`, 8 * MIB);
    writeOut(folder);
    for (const name of ["one", "two"]) evict(openSync(`${folder}/${name}`, "r"));
  },
  load(folder) {
    const files = ["one", "two"].map((name) => openSync(`${folder}/${name}`, "r"));
    const buffer = Buffer.alloc(PAGE);
    for (let offset = 0; offset < 8 * MIB; offset += PAGE) {
      for (const fd of files) readSync(fd, buffer, 0, PAGE, offset);
    }
    return { read: (16 * MIB) / PAGE, missed: (16 * MIB) / PAGE };
  },
};

/**
 * Reads a file right after having written it, and another after having touched it through a
 * mapping: all is there.
 */
const ownPages: Load = {
  prepare(folder) {
    makeFile(`${folder}/touched`, 8 * MIB);
    writeOut(folder);
    evict(openSync(`${folder}/touched`, "r"));
  },
  load(folder) {
    makeFile(`${folder}/fresh`, 8 * MIB);
    const touched = openSync(`${folder}/touched`, "r");
    const bytes = new Uint8Array(koffi.view(mmap(null, 8 * MIB, PROT_READ, MAP_SHARED, touched, 0), 8 * MIB));
    for (let offset = 0; offset < bytes.length; offset += PAGE)
      if (bytes[offset] !== 7) throw new Error("not as written");
    const missed = pagesOf(touched, 0, 8 * MIB).missed;
    return { read: readThrough(openSync(`${folder}/fresh`, "r"), PAGE) + readThrough(touched, PAGE), missed };
  },
};

/** Touches one byte of every page of a file that is mapped and not resident. */
const mapped: Load = {
  prepare(folder) {
    makeFile(`${folder}/mapped`, 16 * MIB);
    writeOut(folder);
    evict(openSync(`${folder}/mapped`, "r"));
  },
  load(folder) {
    const fd = openSync(`${folder}/mapped`, "r");
    const before = residentPages(fd, 16 * MIB);
    const address: unknown = mmap(null, 16 * MIB, PROT_READ, MAP_SHARED, fd, 0);
    const bytes = new Uint8Array(koffi.view(address, 16 * MIB));
    let sum = 0;
    for (let offset = 0; offset < bytes.length; offset += PAGE) sum += bytes[offset] ?? 0;
    const missed = residentPages(fd, 16 * MIB) - before;
    return { read: sum === 0 ? 0 : bytes.length / PAGE, missed };
  },
};

/** Writes 32 MiB of a new file: pages enter the cache, and no read asked for them. */
const written: Load = {
  prepare() {},
  load(folder) {
    makeFile(`${folder}/new`, 32 * MIB);
    return { read: 0, missed: residentPages(openSync(`${folder}/new`, "r"), 32 * MIB) };
  },
};

/** Reads what an earlier load has left in the cache, and nothing else. */
const again: Load = {
  prepare() {},
  load: (folder) => sequential(PAGE, false).load(folder),
};

const loads: Readonly<Record<string, Load>> = {
  "cold-128k": sequential(128 * 1024, true),
  "cold-4k": sequential(PAGE, true),
  "warm-128k": sequential(128 * 1024, false),
  "warm-4k": sequential(PAGE, false),
  "cold-512": coldCalls(512),
  "cold-5000": coldCalls(5000),
  "half-resident": random({ callBytes: PAGE, alignment: PAGE, runPages: 128 }),
  "half-resident-advised": random({ callBytes: PAGE, alignment: PAGE, runPages: 128, advise: true }),
  "half-resident-512": random({ callBytes: 512, alignment: 512, runPages: 128 }),
  "half-resident-5000": random({ callBytes: 5000, alignment: 1, runPages: 128 }),
  "half-resident-64k": random({ callBytes: 64 * 1024, alignment: PAGE, runPages: 3 }),
  "half-resident-1m": random({ callBytes: MIB, alignment: PAGE, runPages: 700 }),
  "in-turn": inTurn,
  "own-pages": ownPages,
  ...moves,
  ...mixed,
  again,
  "mapped-cold": mapped,
  written,
  "small-cold": smallFiles(1),
  "small-warm": smallFiles(0),
  "small-half": smallFiles(2),
  heads: smallFiles(2, 10),
};

const [what = "", folder = ""] = process.argv.slice(2);
const chosen = loads[what];
if (chosen === undefined) throw new Error(`expected one of ${Object.keys(loads).join(", ")}, found "${what}"`);
chosen.prepare(folder);
process.stdout.write("prepared\n");
readSync(0, Buffer.alloc(16));
process.stdout.write(`${JSON.stringify(await chosen.load(folder))}\n`);
