import type { MacroTable } from "../macro-table.ts";

/** Events of poll(2). */
export const POLL: MacroTable = {
  headers: ["linux/types.h", "asm/poll.h"],
  values: {
    POLL_BUSY_LOOP: 0x8000,
    POLLERR: 8,
    POLLFREE: 0x4000,
    POLLHUP: 0x10,
    POLLIN: 1,
    POLLMSG: 0x400,
    POLLNVAL: 0x20,
    POLLOUT: 4,
    POLLPRI: 2,
    POLLRDBAND: 0x80,
    POLLRDHUP: 0x2000,
    POLLRDNORM: 64,
    POLLREMOVE: 0x1000,
    POLLWRBAND: 0x200,
    POLLWRNORM: 0x100,
  },
};
