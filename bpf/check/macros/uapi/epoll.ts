import type { MacroTable } from "../macro-table.ts";

/** Operations and events of epoll_ctl(2). */
export const EPOLL: MacroTable = {
  headers: ["linux/fcntl.h", "linux/eventpoll.h"],
  values: {
    EPOLL_CTL_ADD: 1,
    EPOLL_CTL_DEL: 2,
    EPOLL_CTL_MOD: 3,
    EPOLL_CLOEXEC: 524288,
    EPOLL_URING_WAKE: 0x8000000,
    EPOLLERR: 8,
    EPOLLET: 0x80000000,
    EPOLLEXCLUSIVE: 0x10000000,
    EPOLLHUP: 0x10,
    EPOLLIN: 1,
    EPOLLMSG: 0x400,
    EPOLLNVAL: 0x20,
    EPOLLONESHOT: 0x40000000,
    EPOLLOUT: 4,
    EPOLLPRI: 2,
    EPOLLRDBAND: 0x80,
    EPOLLRDHUP: 0x2000,
    EPOLLRDNORM: 0x40,
    EPOLLWAKEUP: 0x20000000,
    EPOLLWRBAND: 0x200,
    EPOLLWRNORM: 0x100,
  },
};
