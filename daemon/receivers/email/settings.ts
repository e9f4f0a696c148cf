import { checkText } from "../../settings/values/check-text.ts";
import { type Fault, hostFault } from "../../settings/values/host-fault.ts";
import { mailboxOf, splitMailbox } from "../../settings/values/mailbox.ts";
import { itemsOf, textOf, valueOf } from "../../yaml/yaml-node.ts";
import type { Receiver } from "../receiver.ts";

export interface EmailSettings {
  readonly kind: "email";
  readonly to: readonly string[];
  readonly from: string;
}

/** A mail address, or a name and an address, as far as a pattern can tell. */
const ADDRESS = {
  title: "a mail address",
  type: "string",
  pattern: String.raw`^([^\s@<>]+@[^\s@<>]+|[^\r\n<>]*<[^\s@<>]+@[^\s@<>]+>)$`,
} as const;

/**
 * The longest attempt. The steps of a mail have limits of their own, but there may be any number of
 * them: a server may go on with each answer.
 */
const MAIL_MS = 60_000;

export const email: Receiver<EmailSettings> = {
  schema: {
    title: "a map {to, from}",
    description: "Send mail through the server under smtp.",
    type: "object",
    required: ["to"],
    properties: {
      to: {
        title: "a mail address, or a list of them",
        description: "The recipients: ADDRESS or NAME <ADDRESS>.",
        type: ["string", "array"],
        pattern: ADDRESS.pattern,
        minItems: 1,
        items: ADDRESS,
      },
      from: { ...ADDRESS, description: "The sender: ADDRESS or NAME <ADDRESS>. Default: bpfwarden at this host." },
    },
    additionalProperties: false,
  },
  read: (node, { hostname }) => ({
    kind: "email",
    to: itemsOf(valueOf(node, "to")).flatMap((item) => textOf(item) ?? []),
    from: textOf(valueOf(node, "from")) ?? `bpfwarden@${hostname}`,
  }),
  check: (node) =>
    [valueOf(node, "from"), ...itemsOf(valueOf(node, "to"))].flatMap((address) => checkText(address, addressFault)),
  isImmediate: false,
  keepsOrder: false,
  takesRecords: false,
  maxAlerts: 2000,
  maxKnown: 100,
  gatherEventsMs: 1000,
  maxEvents: 500,
  attemptMs: () => MAIL_MS,
};

function addressFault(whole: string): Fault | undefined {
  const { address: text } = mailboxOf(whole);
  if (text === whole && text.endsWith(">"))
    return { message: `expected a mail address, found "${text}"`, ...addressHelp(text) };
  const at = text.lastIndexOf("@");
  if (at < 1 || text.indexOf("@") !== at || /\s/.test(text)) return undefined; // the schema has refused it
  const local = text.slice(0, at);
  if (local.startsWith('"') || /^[^()<>[\]:;@\\,"]+$/.test(local)) {
    const host = text.slice(at + 1).replace(/^\[(?:IPv6:)?(.*)\]$/, "$1");
    return hostFault(host) && { message: `expected a mail address, found "${text}"` };
  }
  return { message: `expected a mail address, found "${text}"`, ...addressHelp(text) };
}

function addressHelp(text: string): Pick<Fault, "help"> {
  const named = splitMailbox(text);
  const name = named?.name.replaceAll('"', "") ?? "<";
  if (named !== undefined && !/[<>]/.test(name))
    return { help: `write the name in quotes: '"${name}" <${named.address}>'` };
  return /[,;]/.test(text) ? { help: "several addresses are a list: [a@example.org, b@example.org]" } : {};
}
