import { openSync, readSync } from "node:fs";
import koffi from "koffi";
import { evict, libc, makeFile, MIB, mmap, PAGE, writeOut, type Load } from "./page-cache-files.ts";

/*
 * Ways to read a cold file without read(2). Between them a pipe is read, which has nothing to
 * do with the page cache.
 */

const BYTES = 8 * MIB;
const CALL_BYTES = 64 * 1024;
/** The numbers of include/uapi: linux/io_uring.h, linux/aio_abi.h. */
const IORING_OP_READ = 22;
const IORING_OFF_SQES = 0x1000_0000n;
const IORING_OFF_CQ_RING = 0x800_0000n;
const IORING_ENTER_GETEVENTS = 1;
const IO_URING = { setup: 425, enter: 426 };
const AIO =
  process.arch === "arm64" ? { setup: 0, submit: 2, getevents: 4 } : { setup: 206, submit: 209, getevents: 208 };
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MAP_PRIVATE_ANONYMOUS = 0x22;

const pipe = libc.func("int pipe(_Out_ int *ends)");
const write = libc.func("long write(int fd, const void *bytes, size_t count)");
const splice = libc.func(
  "long splice(int from, int64_t *offset, int to, void *none, size_t bytes, unsigned int flags)",
);
const copyFileRange = libc.func(
  "long copy_file_range(int from, int64_t *offset, int to, int64_t *toOffset, size_t bytes, unsigned int flags)",
);
const sendfile = libc.func("long sendfile(int to, int from, int64_t *offset, size_t bytes)");
const call = libc.func(
  "long syscall(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)",
);

/** Moves the bytes at an offset of a file. */
type Move = (fd: number, offset: number) => void;

function moved(prepareMove: (folder: string) => Move): Load {
  return {
    prepare(folder) {
      makeFile(`${folder}/moved`, BYTES);
      writeOut(folder);
      evict(openSync(`${folder}/moved`, "r"));
    },
    load(folder) {
      const fd = openSync(`${folder}/moved`, "r");
      const move = prepareMove(folder);
      const [from, to] = openPipe();
      const chatter = Buffer.alloc(8192, 1);
      for (let offset = 0; offset < BYTES; offset += CALL_BYTES) {
        move(fd, offset);
        write(to, chatter, chatter.length);
        readSync(from, chatter);
      }
      return { read: BYTES / PAGE, missed: BYTES / PAGE };
    },
  };
}

function openPipe(): readonly [from: number, to: number] {
  const ends = new Int32Array(2);
  if (pipe(ends) !== 0) throw new Error(`pipe: errno ${koffi.errno()}`);
  return [ends[0] ?? 0, ends[1] ?? 0];
}

function all(what: string, done: unknown): void {
  if (Number(done) !== CALL_BYTES)
    throw new Error(`${what}: expected ${CALL_BYTES}, found ${String(done)}, errno ${koffi.errno()}`);
}

const newFile = (folder: string): number => openSync(`${folder}/moved-to`, "w");

const spliced = moved(() => {
  const [from, to] = openPipe();
  const rest = Buffer.alloc(CALL_BYTES);
  return (fd, offset) => {
    all("splice", splice(fd, BigInt64Array.of(BigInt(offset)), to, null, CALL_BYTES, 0));
    for (let left = CALL_BYTES; left > 0;) left -= readSync(from, rest);
  };
});

const copied = moved((folder) => {
  const to = newFile(folder);
  return (fd, offset) => {
    all("copy_file_range", copyFileRange(fd, BigInt64Array.of(BigInt(offset)), to, null, CALL_BYTES, 0));
  };
});

const sent = moved((folder) => {
  const to = newFile(folder);
  return (fd, offset) => {
    all("sendfile", sendfile(to, fd, BigInt64Array.of(BigInt(offset)), CALL_BYTES));
  };
});

/** Memory whose address can stand in a structure. */
function memory(bytes: number, flags = MAP_PRIVATE_ANONYMOUS, fd = -1, offset = 0n) {
  const pointer: unknown = mmap(null, bytes, PROT_READ_WRITE, flags, fd, offset);
  return { address: koffi.address(pointer), view: new DataView(koffi.view(pointer, bytes)) };
}

const byAio = moved(() => {
  const context = memory(8);
  const block = memory(PAGE);
  const buffer = memory(CALL_BYTES);
  if (Number(call(AIO.setup, 8, context.address, 0, 0, 0, 0)) !== 0)
    throw new Error(`io_setup: errno ${koffi.errno()}`);
  return (fd, offset) => {
    // struct iocb, and behind it the list of the one
    block.view.setUint32(20, fd, true);
    block.view.setBigUint64(24, buffer.address, true);
    block.view.setBigUint64(32, BigInt(CALL_BYTES), true);
    block.view.setBigUint64(40, BigInt(offset), true);
    block.view.setBigUint64(64, block.address, true);
    const id = context.view.getBigUint64(0, true);
    call(AIO.submit, id, 1, block.address + 64n, 0, 0, 0);
    call(AIO.getevents, id, 1, 1, block.address + 128n, 0, 0);
    all("io_submit", block.view.getBigInt64(128 + 16, true));
  };
});

const byIoUring = moved(() => {
  const params = memory(PAGE);
  const buffer = memory(CALL_BYTES);
  const ring = Number(call(IO_URING.setup, 8, params.address, 0, 0, 0, 0));
  if (ring < 0) throw new Error(`io_uring_setup: errno ${koffi.errno()}`);
  const submissions = memory(PAGE, MAP_SHARED, ring);
  const completions = memory(PAGE, MAP_SHARED, ring, IORING_OFF_CQ_RING);
  const entries = memory(PAGE, MAP_SHARED, ring, IORING_OFF_SQES);
  // struct io_uring_params: sq_off at 40, cq_off at 80
  const at = (offset: number): number => params.view.getUint32(offset, true);
  const [tail, mask, array] = [at(44), at(48), at(64)];
  const [completionHead, completionMask, completed] = [at(80), at(88), at(100)];
  return (fd, offset) => {
    const next = submissions.view.getUint32(tail, true);
    const slot = next & submissions.view.getUint32(mask, true);
    entries.view.setUint8(64 * slot, IORING_OP_READ);
    entries.view.setInt32(64 * slot + 4, fd, true);
    entries.view.setBigUint64(64 * slot + 8, BigInt(offset), true);
    entries.view.setBigUint64(64 * slot + 16, buffer.address, true);
    entries.view.setUint32(64 * slot + 24, CALL_BYTES, true);
    submissions.view.setUint32(array + 4 * slot, slot, true);
    submissions.view.setUint32(tail, next + 1, true);
    call(IO_URING.enter, ring, 1, 1, IORING_ENTER_GETEVENTS, 0, 0);
    const head = completions.view.getUint32(completionHead, true);
    const place = completed + 16 * (head & completions.view.getUint32(completionMask, true));
    all("io_uring", completions.view.getInt32(place + 8, true));
    completions.view.setUint32(completionHead, head + 1, true);
  };
});

export const moves: Readonly<Record<string, Load>> = {
  splice: spliced,
  copy_file_range: copied,
  sendfile: sent,
  aio: byAio,
  io_uring: byIoUring,
};
