import type { MacroTable } from "../macro-table.ts";

/** Flags of memfd_create(2). */
export const MEMFD: MacroTable = {
  headers: ["linux/memfd.h"],
  values: {
    MFD_CLOEXEC: 1,
    MFD_ALLOW_SEALING: 2,
    MFD_HUGETLB: 4,
  },
};
