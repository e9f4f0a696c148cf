import type { MacroTable } from "../macro-table.ts";

/** Options of waitpid(2) and waitid(2). */
export const WAIT: MacroTable = {
  headers: ["linux/wait.h"],
  values: {
    P_ALL: 0,
    P_PID: 1,
    P_PGID: 2,
    P_PIDFD: 3,
    __WALL: 0x40000000,
    __WCLONE: 0x80000000,
    WCONTINUED: 8,
    WEXITED: 4,
    WNOHANG: 1,
    __WNOTHREAD: 0x20000000,
    WNOWAIT: 0x1000000,
    WSTOPPED: 2,
    WUNTRACED: 2,
  },
};
