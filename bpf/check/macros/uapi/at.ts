import type { MacroTable } from "../macro-table.ts";

/** The current folder and the flags of the `*at` system calls (`openat`, `unlinkat`, `statx`). */
export const AT_FLAGS: MacroTable = {
  headers: ["linux/fcntl.h"],
  values: {
    AT_FDCWD: -100,
    AT_STATX_SYNC_AS_STAT: 0,
    AT_SYMLINK_NOFOLLOW: 256,
    AT_EACCESS: 0x200,
    AT_REMOVEDIR: 0x200,
    AT_SYMLINK_FOLLOW: 0x400,
    AT_NO_AUTOMOUNT: 0x800,
    AT_EMPTY_PATH: 0x1000,
    AT_STATX_FORCE_SYNC: 0x2000,
    AT_STATX_DONT_SYNC: 0x4000,
    AT_STATX_SYNC_TYPE: 0x6000,
    AT_RECURSIVE: 0x8000,
  },
};
