import type { MacroTable } from "./macro-table.ts";
import { AT_FLAGS } from "./uapi/at.ts";
import { CLONE } from "./uapi/clone.ts";
import { EPOLL } from "./uapi/epoll.ts";
import { ETHERNET } from "./uapi/ethernet.ts";
import { FCNTL } from "./uapi/fcntl.ts";
import { FILES } from "./uapi/files.ts";
import { FUTEX } from "./uapi/futex.ts";
import { INOTIFY } from "./uapi/inotify.ts";
import { INTERFACES } from "./uapi/interfaces.ts";
import { IP } from "./uapi/ip.ts";
import { IPC } from "./uapi/ipc.ts";
import { LIMITS_OF_NAMES } from "./uapi/limits.ts";
import { MAGIC } from "./uapi/magic.ts";
import { MEMFD } from "./uapi/memfd.ts";
import { MEMORY } from "./uapi/memory.ts";
import { MODULES } from "./uapi/modules.ts";
import { MOUNT } from "./uapi/mount.ts";
import { NETLINK } from "./uapi/netlink.ts";
import { POLL } from "./uapi/poll.ts";
import { PRCTL } from "./uapi/prctl.ts";
import { PTRACE } from "./uapi/ptrace.ts";
import { RANDOM } from "./uapi/random.ts";
import { RESOURCE } from "./uapi/resource.ts";
import { SECCOMP } from "./uapi/seccomp.ts";
import { SIGNAL_ACTIONS } from "./uapi/signal-actions.ts";
import { SOCKET_MESSAGES } from "./uapi/socket-messages.ts";
import { SOCKET_OPTIONS } from "./uapi/socket-options.ts";
import { STATX } from "./uapi/statx.ts";
import { TCP } from "./uapi/tcp.ts";
import { TERMINAL } from "./uapi/terminal.ts";
import { TIME } from "./uapi/time.ts";
import { WAIT } from "./uapi/wait.ts";
import { XATTR } from "./uapi/xattr.ts";

/** Macros of the headers that the kernel gives to programs. Their values never change. */
export const PROGRAM_MACROS: readonly MacroTable[] = [
  PTRACE,
  AT_FLAGS,
  FCNTL,
  MEMORY,
  MEMFD,
  MOUNT,
  CLONE,
  SOCKET_OPTIONS,
  SOCKET_MESSAGES,
  EPOLL,
  POLL,
  FUTEX,
  RESOURCE,
  PRCTL,
  ETHERNET,
  INOTIFY,
  TIME,
  WAIT,
  LIMITS_OF_NAMES,
  TCP,
  IP,
  NETLINK,
  FILES,
  STATX,
  MAGIC,
  SECCOMP,
  IPC,
  SIGNAL_ACTIONS,
  TERMINAL,
  MODULES,
  RANDOM,
  INTERFACES,
  XATTR,
];
