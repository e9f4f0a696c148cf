import type { DaemonProcess } from "./daemon-process.ts";

/** Returns the port at which a daemon listens for HTTP, which it logs. */
export async function listeningPort(daemon: DaemonProcess): Promise<number> {
  const listening = /"listen":"127\.0\.0\.1:(\d+)","msg":"listening for HTTP"/;
  await daemon.until("the daemon to listen for HTTP", (output) => listening.test(output));
  return Number(listening.exec(daemon.output)?.[1]);
}
