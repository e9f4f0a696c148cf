import koffi from "koffi";

/** bits/socket.h and errno.h, the same on x86-64 and arm64 */
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
/** `sun_path` of struct sockaddr_un, un(7) */
const PATH_BYTES = 108;

/** A socket that sends whole messages to one AF_UNIX datagram address. Node has no such socket. */
export interface DatagramSocket extends Disposable {
  /**
   * Never waits. Throws if the message was not sent, which includes a full queue of the receiver.
   */
  send(message: string | Uint8Array): void;
}

/**
 * Opens a socket for an address. The address need not exist yet.
 * @param address a path, or `@NAME` for an abstract name, as systemd(1) writes it
 */
export function openDatagramSocket(address: string): DatagramSocket {
  const libc = koffi.load(null);
  const socket = libc.func("int socket(int domain, int type, int protocol)") as (...values: number[]) => number;
  const close = libc.func("int close(int fd)") as (fd: number) => number;
  const sendto = libc.func(
    "long sendto(int fd, const void *data, size_t bytes, int flags, const void *to, uint32_t toBytes)",
  ) as (fd: number, data: Uint8Array, bytes: number, flags: number, to: Uint8Array, toBytes: number) => number;

  const to = socketAddress(address);
  const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw new Error(`cannot open a socket: ${errorName()}`);
  return {
    send(message) {
      const data = Buffer.from(message);
      const sent = sendto(fd, data, data.length, MSG_DONTWAIT | MSG_NOSIGNAL, to, to.length);
      if (sent < 0) throw sendError(address, errorName());
    },
    [Symbol.dispose]: () => void close(fd),
  };
}

/**
 * Builds a struct sockaddr_un: u16 family, then the path. An abstract name starts with a NUL and
 * ends where the length says.
 */
function socketAddress(address: string): Uint8Array {
  const path = Buffer.from(address.replace(/^@/, "\0"));
  if (!/^[@/]/.test(address) || path.length >= PATH_BYTES)
    throw new Error(`expected a socket's path or "@NAME", found "${address}"`);
  const family = Buffer.from(new Uint16Array([AF_UNIX]).buffer);
  return Buffer.concat([family, path, address.startsWith("@") ? Buffer.alloc(0) : Buffer.alloc(1)]);
}

/** Returns an error with the name of the errno as `code`, as Node's have it. */
function sendError(address: string, code: string): Error {
  return Object.assign(new Error(`cannot send to "${address}": ${code}`), { code });
}

function errorName(): string {
  const errno = koffi.errno();
  const name = Object.entries(koffi.os.errno).find(([, value]) => value === errno)?.[0];
  return name ?? `errno ${errno}`;
}
