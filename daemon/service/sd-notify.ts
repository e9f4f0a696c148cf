import { type DatagramSocket, openDatagramSocket } from "./datagram-socket.ts";

/**
 * Tells systemd how the service fares, by the protocol of sd_notify(3), which is a stable interface: assignments, one a line, in one
 * datagram to $NOTIFY_SOCKET. Spoken directly rather than through libsystemd, so that it also works where that library is missing, as
 * in containers whose manager takes these messages. Without $NOTIFY_SOCKET nothing is sent.
 */
export interface ServiceManager extends Disposable {
  /** started, or done with reloading */
  ready(status: string): void;
  /** shown by `systemctl status` */
  status(status: string): void;
  reloading(): void;
  stopping(status: string): void;
  /** feeds the watchdog */
  alive(): void;
}

export interface ServiceManagerOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly monotonicUs: () => bigint;
  /** a message that did not reach systemd; the daemon runs on without */
  readonly onError: (error: Error) => void;
}

/** Connects to the service manager that started this process, if one did. */
export function connectServiceManager(options: ServiceManagerOptions): ServiceManager {
  const { monotonicUs } = options;
  const socket = open(options);
  const send = (...assignments: readonly string[]): void => {
    try {
      // A line more would be an assignment more.
      socket?.send(assignments.map((each) => each.replaceAll(/[\r\n]+/g, " ")).join("\n"));
    } catch (error) {
      options.onError(error as Error);
    }
  };
  return {
    ready: (status) => send("READY=1", `STATUS=${status}`),
    status: (status) => send(`STATUS=${status}`),
    // In one datagram: systemd tells by the time which READY=1 answers this.
    reloading: () => send("RELOADING=1", `MONOTONIC_USEC=${monotonicUs()}`, "STATUS=reloading"),
    stopping: (status) => send("STOPPING=1", `STATUS=${status}`),
    alive: () => send("WATCHDOG=1"),
    [Symbol.dispose]: () => socket?.[Symbol.dispose](),
  };
}

function open({ environment, onError }: ServiceManagerOptions): DatagramSocket | undefined {
  const address = environment["NOTIFY_SOCKET"];
  if (address === undefined || address === "") return undefined;
  try {
    return openDatagramSocket(address);
  } catch (error) {
    onError(error as Error);
    return undefined;
  }
}

/**
 * After how long without `alive` systemd takes the service for hung, as sd_watchdog_enabled(3) reads it; undefined where no watchdog
 * watches this process. Feed it at half of that or oftener.
 */
export function watchdogTimeoutMs(
  environment: Readonly<Record<string, string | undefined>>,
  pid: number,
): number | undefined {
  const { WATCHDOG_USEC: timeout = "", WATCHDOG_PID: watched = String(pid) } = environment;
  if (!/^[1-9]\d*$/.test(timeout) || watched !== String(pid)) return undefined;
  return Number(timeout) / 1000;
}
