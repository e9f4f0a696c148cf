import { resolve } from "node:path";
import { textOf, valueOf } from "../../yaml/yaml-node.ts";
import type { Receiver } from "../receiver.ts";

export interface JournalSettings {
  readonly kind: "journal";
  readonly socket: string;
  readonly identifier: string;
}

/** systemd-journald.service(8) */
const SOCKET = "/run/systemd/journal/socket";

/** Sending never waits, so this is the limit of a host that has no processor for us. */
const ATTEMPT_MS = 10_000;

export const journal: Receiver<JournalSettings> = {
  schema: {
    title: "a map {identifier, socket}",
    description:
      "The journal of systemd: an entry with fields of its own for each change of an alert and for each record.",
    type: "object",
    required: [],
    properties: {
      identifier: {
        title: "an identifier",
        description: "SYSLOG_IDENTIFIER of the entries, for journalctl -t. Default: bpfwarden-alert.",
        type: "string",
        pattern: "^[!-~]{1,64}$",
      },
      socket: {
        title: "a path",
        description: `The socket of the journal, such as that of a journal namespace. Default: ${SOCKET}.`,
        type: "string",
        minLength: 1,
      },
    },
    additionalProperties: false,
  },
  read: (node, { folder }) => ({
    kind: "journal",
    identifier: textOf(valueOf(node, "identifier")) ?? "bpfwarden-alert",
    socket: resolve(folder, textOf(valueOf(node, "socket")) ?? SOCKET),
  }),
  isImmediate: true,
  keepsOrder: true,
  takesRecords: false,
  maxAlerts: 500,
  gatherEventsMs: 1000,
  maxEvents: 5000,
  attemptMs: () => ATTEMPT_MS,
};
