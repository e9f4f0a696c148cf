import { type Diagnostic, errorAt } from "../../bpf/source/diagnostic.ts";
import { durationMs, sizeBytes } from "../yaml/quantity.ts";
import { entriesOf, itemsOf, textOf, valueOf } from "../yaml/yaml-node.ts";
import type { YamlNode } from "../yaml/yaml-node.ts";
import { checkAction, checkNotify } from "./check-notify.ts";
import { checkHeartbeat } from "./check-heartbeat.ts";
import { checkHttp } from "./check-http.ts";
import { checkReceivers } from "./check-receivers.ts";
import { secretPlaces } from "./secret-places.ts";
import type { SettingsCode } from "./values/codes.ts";
import { RESERVED_LABELS } from "./reserved-labels.ts";

/** Checks what a schema cannot express well. Values that the schema refuses are skipped. */
export function checkSettings(root: YamlNode): readonly Diagnostic[] {
  const actions = ["screen", ...entriesOf(valueOf(root, "actions")).map((entry) => entry.key.text)];
  return [
    ...checkInline(root),
    ...checkLogin(valueOf(root, "smtp")),
    ...itemsOf(valueOf(valueOf(root, "defaults"), "action")).flatMap((node) => checkAction(node, actions)),
    ...checkNotify(root, actions),
    ...checkHeartbeat(root, actions),
    ...checkHttp(valueOf(root, "http")),
    ...checkTick(valueOf(root, "tick")),
    ...checkRing(valueOf(valueOf(root, "limits"), "ring")),
    ...checkActions(valueOf(root, "actions")),
    ...checkReceivers(root),
    ...checkLabels(valueOf(root, "labels")),
  ];
}

/** Refuses passwords and tokens that stand in the settings themselves. */
function checkInline(root: YamlNode): readonly Diagnostic[] {
  const help = "write credential:NAME, file:PATH or env:NAME, and store the secret there";
  return secretPlaces(root, "")
    .filter(({ use, secret }) => use === "password" && secret.from === "plain")
    .map(({ node }) =>
      error("inline-secret", "expected a reference to the secret, found the secret itself", node, help),
    );
}

/** This host: no network is involved. */
const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/;

/**
 * Refuses a login without a safe connection: `opportunistic` accepts any certificate and continues
 * without TLS, so that others on the network could read the password. Without a user, it is as safe
 * as mail between servers.
 */
function checkLogin(smtp: YamlNode | undefined): readonly Diagnostic[] {
  const [user, tls] = [valueOf(smtp, "user"), valueOf(smtp, "tls")];
  const form = textOf(tls) ?? "opportunistic";
  if (user === undefined || (form !== "opportunistic" && form !== "none")) return [];
  if (LOOPBACK.test(textOf(valueOf(smtp, "host")) ?? "localhost")) return [];
  const message = `expected tls required or implicit beside a user, found ${form}`;
  const help =
    "write tls: required (STARTTLS, port 587) or tls: implicit (port 465), so that nobody can read the password";
  return [error("exposed-password", message, tls ?? user, help)];
}

function checkTick(node: YamlNode | undefined): readonly Diagnostic[] {
  const tickMs = durationMs(textOf(node) ?? "");
  if (node === undefined || tickMs === 0 || (tickMs >= 100 && tickMs <= 60_000)) return [];
  return [error("out-of-range", `expected 100ms to 1m, found ${textOf(node) ?? ""}`, node)];
}

/**
 * The sizes of BPF_MAP_TYPE_RINGBUF: a power of two, in whole pages. The largest pages are 64
 * KiB.
 */
function checkRing(node: YamlNode | undefined): readonly Diagnostic[] {
  const bytes = sizeBytes(textOf(node) ?? "");
  if (node === undefined || bytes === 0) return [];
  if (bytes >= 65_536 && bytes <= 2 ** 30 && Number.isInteger(Math.log2(bytes))) return [];
  const message = `expected a power of two from 64KiB to 1GiB, found ${textOf(node) ?? ""}`;
  return [error("out-of-range", message, node)];
}

/**
 * Checks that an action has exactly one receiver. The schema's message would be about numbers of
 * keys.
 */
function checkActions(node: YamlNode | undefined): readonly Diagnostic[] {
  return entriesOf(node).flatMap(({ key, value }) => {
    const second = entriesOf(value)[1];
    if (second === undefined) return [];
    const message = `expected one receiver in "${key.text}", found a second: "${second.key.text}"`;
    const help = "make it a separate action; rules can have a list of actions";
    return [{ code: "wrong-value", severity: "error", message, span: second.key.span, help }];
  });
}

function checkLabels(node: YamlNode | undefined): readonly Diagnostic[] {
  return entriesOf(node)
    .filter(({ key }) => RESERVED_LABELS.includes(key.text))
    .map(({ key }) => {
      const message = `the label "${key.text}" is reserved`;
      return { code: "reserved-name", severity: "error", message, span: key.span, help: "choose another name" };
    });
}

function error(code: SettingsCode, message: string, node: YamlNode, help?: string): Diagnostic {
  return errorAt(code, message, node.span, help);
}
