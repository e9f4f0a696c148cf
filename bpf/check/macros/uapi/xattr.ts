import type { MacroTable } from "../macro-table.ts";

/** Flags of setxattr(2). */
export const XATTR: MacroTable = {
  headers: ["linux/xattr.h"],
  values: {
    XATTR_CREATE: 1,
    XATTR_REPLACE: 2,
  },
};
