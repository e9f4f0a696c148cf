import koffi from "koffi";

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const MSG_DONTWAIT = 0x40;

/** A bound AF_UNIX datagram socket that stands in for systemd's. */
export interface DatagramReceiver extends Disposable {
  /** the next message that has arrived, or undefined */
  receive(): string | undefined;
}

/** @param address a path, or `@NAME` */
export function bindDatagramReceiver(address: string): DatagramReceiver {
  const libc = koffi.load(null);
  const path = Buffer.from(address.replace(/^@/, "\0"));
  const name = Buffer.concat([Buffer.from(new Uint16Array([AF_UNIX]).buffer), path]);
  const fd = libc.func("int socket(int, int, int)")(AF_UNIX, SOCK_DGRAM, 0) as number;
  const bound = libc.func("int bind(int, const void *, uint32_t)")(fd, name, name.length) as number;
  if (bound !== 0) throw new Error(`cannot bind "${address}": errno ${koffi.errno()}`);
  const recv = libc.func("long recv(int, _Out_ uint8_t *, size_t, int)");
  const close = libc.func("int close(int)");
  const buffer = Buffer.alloc(4096);
  return {
    receive() {
      const bytes = recv(fd, buffer, buffer.length, MSG_DONTWAIT) as number;
      return bytes < 0 ? undefined : buffer.toString("utf8", 0, bytes);
    },
    [Symbol.dispose]: () => void close(fd),
  };
}
