import type { MacroTable } from "../macro-table.ts";

/** Limits of names, paths and arguments. */
export const LIMITS_OF_NAMES: MacroTable = {
  headers: ["linux/limits.h"],
  values: {
    ARG_MAX: 131072,
    LINK_MAX: 127,
    NAME_MAX: 255,
    NGROUPS_MAX: 65536,
    NR_OPEN: 1024,
    PATH_MAX: 4096,
    PIPE_BUF: 4096,
    RTSIG_MAX: 32,
    XATTR_NAME_MAX: 255,
    XATTR_LIST_MAX: 65536,
    XATTR_SIZE_MAX: 65536,
  },
};
