import { type DatagramSocket, openDatagramSocket } from "./datagram-socket.ts";

/**
 * Notifies systemd of the service's status by the protocol of sd_notify(3), a stable interface:
 * assignments, one a line, in one datagram to $NOTIFY_SOCKET.
 *
 * Does not use libsystemd, so that it works without that library, as in containers. Sends nothing
 * without $NOTIFY_SOCKET.
 */
export interface ServiceManager extends Disposable {
  /** the service has started, or has finished reloading */
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
  /** called with a message that did not reach systemd; the daemon continues */
  readonly onError: (error: Error) => void;
}

/** Connects to the service manager that started this process, if there is one. */
export function connectServiceManager(options: ServiceManagerOptions): ServiceManager {
  const { monotonicUs } = options;
  const socket = open(options);
  const send = (...assignments: readonly string[]): void => {
    try {
      // A line break would begin another assignment.
      socket?.send(assignments.map((each) => each.replaceAll(/[\r\n]+/g, " ")).join("\n"));
    } catch (error) {
      options.onError(error as Error);
    }
  };
  return {
    ready: (status) => send("READY=1", `STATUS=${status}`),
    status: (status) => send(`STATUS=${status}`),
    // One datagram: systemd matches the following READY=1 by this time.
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
 * Returns the time without `alive` after which systemd considers the service hung, as
 * sd_watchdog_enabled(3) reads it. Returns undefined if no watchdog watches this process. Call
 * `alive` at least twice in this time.
 */
export function watchdogTimeoutMs(
  environment: Readonly<Record<string, string | undefined>>,
  pid: number,
): number | undefined {
  const { WATCHDOG_USEC: timeout = "", WATCHDOG_PID: watched = String(pid) } = environment;
  if (!/^[1-9]\d*$/.test(timeout) || watched !== String(pid)) return undefined;
  return Number(timeout) / 1000;
}
