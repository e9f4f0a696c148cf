import { cutBytes } from "../../notify/message/cut-bytes.ts";
import type { Fact, FactMessage } from "../../notify/message/fact-messages.ts";

/** Ids of the kinds of entries, for `journalctl MESSAGE_ID=` and catalogs (sd-id128(3)). */
export const MESSAGE_IDS: { readonly [Each in FactMessage["status"]]: string } = {
  firing: "750f6abcf2e140fda3363d9161365224",
  resolved: "049b19a041c74f0185d9819e151e7f02",
  record: "5e013db70ed44248b38464cb0194aef1",
};

/**
 * The most that an entry takes. A datagram has at most 212,992 bytes by default (socket(7)). A
 * larger entry would be a file whose descriptor is sent.
 */
const MAX_BYTES = 128 * 1024;
const MAX_VALUE = 64 * 1024;
/** The longest name of a field (journal_field_valid of systemd's journal-file.c). */
const MAX_NAME = 64;

/**
 * Returns an entry in the journal's native protocol
 * (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/). Fields that find no room are left out, the last
 * ones first.
 */
export function journalEntry(message: FactMessage, identifier: string): Buffer {
  let left = MAX_BYTES;
  const fields = fieldsOf(message, identifier).map(field);
  return Buffer.concat(fields.filter(({ length }) => (left -= length) >= 0));
}

function fieldsOf(message: FactMessage, identifier: string): readonly Fact[] {
  const { title, severity, status, timeNs, facts, labels, details } = message;
  return [
    ["MESSAGE", title],
    ["PRIORITY", String(severity)],
    ["MESSAGE_ID", MESSAGE_IDS[status]],
    ["SYSLOG_IDENTIFIER", identifier],
    ["BPFWARDEN_TIME", String(timeNs / 1000n)],
    ...facts.map(([name, value]): Fact => [`BPFWARDEN_${name}`, value]),
    ...labels.map(([name, value]): Fact => [`BPFWARDEN_LABEL_${name}`, value]),
    ...(details.length === 0 ? [] : [["BPFWARDEN_DETAILS", details.join("\n")] as const]),
  ];
}

/** Writes a field, with its length if its value has several lines. */
function field([name, value]: Fact): Buffer {
  const key = name
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, "_")
    .slice(0, MAX_NAME);
  const bytes = Buffer.from(cutBytes(value, MAX_VALUE));
  if (!bytes.includes("\n")) return Buffer.concat([Buffer.from(`${key}=`), bytes, Buffer.from("\n")]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([Buffer.from(`${key}\n`), length, bytes, Buffer.from("\n")]);
}
