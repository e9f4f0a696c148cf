import { type Diagnostic, warningAt } from "../../bpf/source/diagnostic.ts";
import { entriesOf, textOf, valueOf, type YamlNode } from "../yaml/yaml-node.ts";
import type { SettingsCode } from "./codes.ts";
import { hostFault } from "./host-fault.ts";
import { checkText } from "./receivers/receiver-kind.ts";
import { RECEIVER_KINDS } from "./receivers/receiver-settings.ts";

/** Checks the mail server, and each receiver as its kind says. */
export function checkReceivers(root: YamlNode): readonly Diagnostic[] {
  const smtp = valueOf(root, "smtp");
  return [
    ...checkText(valueOf(smtp, "host"), hostFault),
    ...checkSmtpPort(smtp),
    ...entriesOf(valueOf(root, "actions")).flatMap(({ value }) => checkAction(value)),
  ];
}

function checkAction(action: YamlNode): readonly Diagnostic[] {
  return Object.entries(RECEIVER_KINDS).flatMap(([name, { check }]) => {
    const node = valueOf(action, name);
    return node === undefined ? [] : check(node);
  });
}

/** RFC 8314 §3.3: port 465 uses TLS from the start; on other ports servers begin in plain text. */
const IMPLICIT_PORT = 465;
const PLAIN_PORTS = [25, 587];

function checkSmtpPort(smtp: YamlNode | undefined): readonly Diagnostic[] {
  const [node, tls] = [valueOf(smtp, "port"), textOf(valueOf(smtp, "tls")) ?? "opportunistic"];
  const port = Number(textOf(node));
  if (node === undefined) return [];
  if (port === IMPLICIT_PORT && tls !== "implicit") {
    const message = `expected tls: implicit beside port ${port}, found ${tls}: servers speak TLS there from the start`;
    return [warningAt<SettingsCode>("bad-receiver", message, node.span, "write tls: implicit")];
  }
  if (PLAIN_PORTS.includes(port) && tls === "implicit") {
    const message = `expected port 465 beside tls: implicit, found ${port}: servers begin in plain text there`;
    return [warningAt<SettingsCode>("bad-receiver", message, node.span, "write port: 465, or tls: required")];
  }
  return [];
}
