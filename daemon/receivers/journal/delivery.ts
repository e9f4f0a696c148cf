import { setTimeout as sleep } from "node:timers/promises";
import { errorText } from "../../../bpf/source/error-text.ts";
import type { ReceiverDelivery } from "../../notify/deliver/receiver-delivery.ts";
import { factMessages } from "../../notify/message/fact-messages.ts";
import { type DatagramSocket, openDatagramSocket } from "../../service/datagram-socket.ts";
import { hasErrno } from "../../service/has-errno.ts";
import { journalEntry } from "./journal-entry.ts";
import type { JournalSettings } from "./settings.ts";

/** The pause after which a full queue is tried again. */
const FULL_MS = 10;

/**
 * Sends an entry for each change and each record. The kernel keeps what it takes until the journal
 * reads it.
 */
export const receiverDelivery: ReceiverDelivery<JournalSettings> = {
  async deliver({ id, action, content }, { labels, nowUnixMs }, signal) {
    try {
      using socket = openDatagramSocket(action.socket);
      for (const message of factMessages({ id, content }, labels, nowUnixMs()))
        await send(socket, journalEntry(message, action.identifier), signal);
      return { ok: true };
    } catch (error) {
      return { ok: false, trouble: "passing", error: errorText(error) };
    }
  },
};

/** Sends an entry as soon as the journal's queue has room: by default it takes 10 entries. */
async function send(socket: DatagramSocket, entry: Uint8Array, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      return socket.send(entry);
    } catch (error) {
      if (!hasErrno(error) || error.code !== "EAGAIN") throw error;
    }
    await sleep(FULL_MS, undefined, { signal });
  }
}
