import type { Architecture } from "../../kernel/kernel.ts";

/** Flags of open(2) that all architectures share (include/uapi/asm-generic/fcntl.h). */
const COMMON = {
  O_RDONLY: 0o0,
  O_WRONLY: 0o1,
  O_RDWR: 0o2,
  O_ACCMODE: 0o3,
  O_CREAT: 0o100,
  O_EXCL: 0o200,
  O_NOCTTY: 0o400,
  O_TRUNC: 0o1000,
  O_APPEND: 0o2000,
  O_NONBLOCK: 0o4000,
  O_NDELAY: 0o4000,
  O_DSYNC: 0o10000,
  O_ASYNC: 0o20000,
  O_NOATIME: 0o1000000,
  O_CLOEXEC: 0o2000000,
  O_SYNC: 0o4010000,
  O_PATH: 0o10000000,
};

/**
 * All flags by architecture, with those that differ: arm64 has its own in
 * arch/arm64/include/uapi/asm/fcntl.h.
 */
export const OPEN_FLAGS: Readonly<Record<Architecture, Readonly<Record<string, number>>>> = {
  x86_64: {
    ...COMMON,
    O_DIRECT: 0o40000,
    O_LARGEFILE: 0o100000,
    O_DIRECTORY: 0o200000,
    O_NOFOLLOW: 0o400000,
    O_TMPFILE: 0o20200000,
  },
  aarch64: {
    ...COMMON,
    O_DIRECTORY: 0o40000,
    O_NOFOLLOW: 0o100000,
    O_DIRECT: 0o200000,
    O_LARGEFILE: 0o400000,
    O_TMPFILE: 0o20040000,
  },
};
