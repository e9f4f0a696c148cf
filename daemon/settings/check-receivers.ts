import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { entriesOf, itemsOf, textOf, valueOf, type YamlNode } from "../yaml/yaml-node.ts";
import type { SettingsCode } from "./codes.ts";
import { type Fault, hostFault, urlFault } from "./host-fault.ts";
import { otherApi } from "./other-apis.ts";
import { parseSecret } from "./secret.ts";

/** Receivers that can never be reached, or never take what they would be sent. What the schema refuses already is passed over. */
export function checkReceivers(root: YamlNode): readonly Diagnostic[] {
  const smtp = valueOf(root, "smtp");
  return [
    ...checkText(valueOf(smtp, "host"), hostFault),
    ...checkSmtpPort(smtp),
    ...entriesOf(valueOf(root, "actions")).flatMap(({ value }) => [
      ...checkText(valueOf(valueOf(value, "webhook"), "url"), webhookFault),
      ...[valueOf(valueOf(value, "email"), "from"), ...itemsOf(valueOf(valueOf(value, "email"), "to"))].flatMap(
        (node) => checkText(node, addressFault),
      ),
    ]),
  ];
}

function checkText(node: YamlNode | undefined, faultOf: (text: string) => Fault | undefined): readonly Diagnostic[] {
  const text = textOf(node);
  const fault = text === undefined ? undefined : faultOf(text);
  if (node === undefined || fault === undefined) return [];
  const { isDoubtful, ...told } = fault;
  return [{ ...diagnostic("bad-receiver", isDoubtful === true ? "warning" : "error", node), ...told }];
}

/** A URL that is kept elsewhere may be another one by the time it is used. */
function webhookFault(text: string): Fault | undefined {
  if (!/^https?:\/\//i.test(text) || parseSecret(text, "/").from !== "plain") return undefined;
  const fault = urlFault(text);
  const url = URL.parse(text);
  return fault ?? (url === null ? undefined : otherApi(url));
}

function addressFault(text: string): Fault | undefined {
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
  const bare = /<([^<>]+)>$/.exec(text)?.[1];
  if (bare !== undefined && addressFault(bare) === undefined) return { help: `write ${bare}, without a name` };
  return /[,;]/.test(text) ? { help: "several addresses are a list: [a@example.org, b@example.org]" } : {};
}

/** RFC 8314 §3.3: TLS from the start on 465; elsewhere servers greet in plain text. */
const IMPLICIT_PORT = 465;
const PLAIN_PORTS = [25, 587];

function checkSmtpPort(smtp: YamlNode | undefined): readonly Diagnostic[] {
  const [node, tls] = [valueOf(smtp, "port"), textOf(valueOf(smtp, "tls")) ?? "opportunistic"];
  const port = Number(textOf(node));
  if (node === undefined) return [];
  if (port === IMPLICIT_PORT && tls !== "implicit") {
    const message = `expected tls: implicit beside port ${port}, found ${tls}: servers speak TLS there from the start`;
    return [{ ...diagnostic("bad-receiver", "warning", node), message, help: "write tls: implicit" }];
  }
  if (PLAIN_PORTS.includes(port) && tls === "implicit") {
    const message = `expected port 465 beside tls: implicit, found ${port}: servers begin in plain text there`;
    return [{ ...diagnostic("bad-receiver", "warning", node), message, help: "write port: 465, or tls: required" }];
  }
  return [];
}

function diagnostic(
  code: SettingsCode,
  severity: Diagnostic["severity"],
  { span }: YamlNode,
): Pick<Diagnostic, "code" | "severity" | "span"> {
  return { code, severity, span };
}
