import { itemsOf, textOf, valueOf } from "../../yaml/yaml-node.ts";
import { type Fault, hostFault } from "../host-fault.ts";
import { mailboxOf, splitMailbox } from "../mailbox.ts";
import { checkText, type ReceiverKind } from "./receiver-kind.ts";

export interface EmailSettings {
  readonly kind: "email";
  readonly to: readonly string[];
  readonly from: string;
}

export const EMAIL: ReceiverKind<EmailSettings> = {
  read: (node, { hostname }) => ({
    kind: "email",
    to: itemsOf(valueOf(node, "to")).flatMap((item) => textOf(item) ?? []),
    from: textOf(valueOf(node, "from")) ?? `bpfwarden@${hostname}`,
  }),
  check: (node) =>
    [valueOf(node, "from"), ...itemsOf(valueOf(node, "to"))].flatMap((address) => checkText(address, addressFault)),
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
