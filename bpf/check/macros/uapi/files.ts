import type { MacroTable } from "../macro-table.ts";

/** Arguments of lseek(2), renameat2(2), fallocate(2) and preadv2(2). */
export const FILES: MacroTable = {
  headers: ["linux/fs.h", "linux/falloc.h"],
  values: {
    FALLOC_FL_PUNCH_HOLE: 2,
    FALLOC_FL_NO_HIDE_STALE: 4,
    FALLOC_FL_COLLAPSE_RANGE: 8,
    FALLOC_FL_ZERO_RANGE: 0x10,
    FALLOC_FL_INSERT_RANGE: 0x20,
    FALLOC_FL_UNSHARE_RANGE: 0x40,
    RENAME_NOREPLACE: 1,
    RENAME_EXCHANGE: 2,
    RENAME_WHITEOUT: 4,
    RWF_HIPRI: 1,
    RWF_DSYNC: 2,
    RWF_SYNC: 4,
    RWF_NOWAIT: 8,
    RWF_APPEND: 0x10,
    RWF_SUPPORTED: 0x1f,
    SEEK_SET: 0,
    SEEK_CUR: 1,
    SEEK_END: 2,
    SEEK_DATA: 3,
    SEEK_HOLE: 4,
    SEEK_MAX: 4,
  },
};
