import { type Diagnostic, errorAt, warningAt } from "../../bpf/source/diagnostic.ts";
import { RECEIVER_KINDS, type ReceiverKind, receiverOf } from "../receivers/receivers.ts";
import { durationMs } from "../yaml/quantity.ts";
import { entriesOf, entryOf, itemsOf, textOf, valueOf, type YamlNode } from "../yaml/yaml-node.ts";
import { otherApi } from "./other-apis.ts";
import { receiverOfKey, SECRET_KEYS, type SecretKey } from "./secret-keys.ts";
import { checkText } from "./values/check-text.ts";
import type { SettingsCode } from "./values/codes.ts";
import { type Fault, hostFault, urlFault } from "./values/host-fault.ts";
import { mailboxOf } from "./values/mailbox.ts";
import { parseSecret } from "./values/secret.ts";

/** Checks the mail server, and each receiver as its kind says. */
export function checkReceivers(root: YamlNode): readonly Diagnostic[] {
  const smtp = valueOf(root, "smtp");
  return [
    ...checkText(valueOf(smtp, "host"), hostFault),
    ...checkSmtpPort(smtp),
    ...checkAuthority(smtp),
    ...checkSigner(root, valueOf(valueOf(smtp, "dkim"), "domain")),
    ...entriesOf(valueOf(root, "actions")).flatMap(({ value }) => [
      ...checkPermission(root, value),
      ...checkAction(value),
    ]),
  ];
}

/**
 * Warns of senders of another domain than the one that signs: such a signature counts for nothing
 * (RFC 7489, section 3.1.1). Domains of one organization are as good as the same.
 */
function checkSigner(root: YamlNode, domain: YamlNode | undefined): readonly Diagnostic[] {
  const signer = textOf(domain)?.toLowerCase();
  if (signer === undefined) return [];
  return entriesOf(valueOf(root, "actions")).flatMap(({ value }) => {
    const from = valueOf(valueOf(value, "email"), "from");
    const sender =
      mailboxOf(textOf(from) ?? "")
        .address.split("@")
        .at(-1)
        ?.toLowerCase() ?? "";
    if (from === undefined || isWithin(sender, signer) || isWithin(signer, sender)) return [];
    const message = `expected a sender of the domain ${signer}, which signs by dkim, found ${sender}`;
    return [warningAt<SettingsCode>("bad-receiver", message, from.span)];
  });
}

const isWithin = (domain: string, above: string): boolean => domain === above || domain.endsWith(`.${above}`);

/** Refuses receivers that the settings do not allow. */
function checkPermission(root: YamlNode, action: YamlNode): readonly Diagnostic[] {
  return entriesOf(action).flatMap(({ key }) => {
    const kind = RECEIVER_KINDS.find((each) => each === key.text);
    const permission = kind && receiverOf({ kind }).permission;
    if (permission === undefined || textOf(valueOf(root, permission)) === "true") return [];
    const message = `expected ${permission}: true beside a receiver ${key.text}`;
    const help = `write ${permission}: true at the top of the settings, beside actions`;
    return [errorAt<SettingsCode>("bad-receiver", message, key.span, help)];
  });
}

function checkAction(action: YamlNode): readonly Diagnostic[] {
  return RECEIVER_KINDS.flatMap((kind) => {
    const node = valueOf(action, kind);
    if (node === undefined) return [];
    const urls = SECRET_KEYS.filter((key) => key.use === "url" && receiverOfKey(key) === kind);
    return [
      ...checkTimeout(valueOf(node, "timeout")),
      ...checkEncrypted(node, urls),
      ...urls
        .flatMap(({ path }) => itemsOf(valueOf(node, path.at(-1) ?? "")))
        .flatMap((url) => checkText(url, (text) => urlFaultFor(kind, text))),
      ...(receiverOf({ kind }).check?.(node) ?? []),
    ];
  });
}

/** A message that waits longer for its answer delays the messages after it. */
const LONGEST_TIMEOUT_MS = 600_000;

function checkTimeout(node: YamlNode | undefined): readonly Diagnostic[] {
  if (node === undefined || durationMs(textOf(node) ?? "") <= LONGEST_TIMEOUT_MS) return [];
  return [errorAt<SettingsCode>("out-of-range", `expected at most 10m, found ${textOf(node) ?? ""}`, node.span)];
}

/** Certificates say nothing to a server that speaks plain HTTP. */
function checkEncrypted(node: YamlNode, urls: readonly SecretKey[]): readonly Diagnostic[] {
  const tls = entryOf(node, "tls");
  const all = urls.flatMap(({ path }) => itemsOf(valueOf(node, path.at(-1) ?? "")));
  if (tls === undefined || !all.some((url) => /^http:/i.test(textOf(url) ?? ""))) return [];
  const message = "expected a URL that begins with https:// beside tls, found http://: certificates are not used there";
  return [warningAt<SettingsCode>("bad-receiver", message, tls.key.span, "write https://, or remove tls")];
}

/** `opportunistic` takes any certificate. */
function checkAuthority(smtp: YamlNode | undefined): readonly Diagnostic[] {
  const [ca, tls] = [entryOf(smtp, "ca"), textOf(valueOf(smtp, "tls")) ?? "opportunistic"];
  if (ca === undefined || tls === "required" || tls === "implicit") return [];
  const message = `expected tls: required or implicit beside ca, found ${tls}: the server's certificate is not checked`;
  return [warningAt<SettingsCode>("bad-receiver", message, ca.key.span, "write tls: required, or tls: implicit")];
}

/** A URL outside the settings may have changed by the time it is used. */
function urlFaultFor(kind: ReceiverKind, text: string): Fault | undefined {
  if (!/^https?:\/\//i.test(text) || parseSecret(text, "/").from !== "plain") return undefined;
  const fault = urlFault(text);
  const url = URL.parse(text);
  return fault ?? (url === null ? undefined : otherApi(kind, url));
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
