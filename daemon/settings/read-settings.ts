import type { Checked, Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Source } from "../../bpf/source/source.ts";
import { limitDiagnostics } from "../yaml/limit-diagnostics.ts";
import { durationMs, sizeBytes } from "../yaml/quantity.ts";
import { validator } from "../yaml/validate.ts";
import { entriesOf, itemsOf, textOf, valueOf } from "../yaml/yaml-node.ts";
import type { YamlMap, YamlNode } from "../yaml/yaml-node.ts";
import { checkSettings } from "./check-settings.ts";
import { readHeartbeat } from "./heartbeat-settings.ts";
import { readHttp } from "./http-settings.ts";
import { checkLabelVariables, type Environment, labelValue } from "./label-variables.ts";
import { mergeSettings } from "./merge-settings.ts";
import { maskSecrets } from "./mask-secrets.ts";
import { readActions } from "./read-actions.ts";
import { readNotify } from "./read-notify.ts";
import { parseSecret } from "./values/secret.ts";
import { pemSecret, readTls } from "../receivers/tls-settings.ts";
import { settingsSchema } from "./settings-schema.ts";
import type { DkimSettings, Settings, SmtpSettings } from "./settings.ts";
import { join, resolve } from "node:path";

const MIB = 1024 * 1024;
const DAY_MS = 86_400_000;
const validateSettings = validator(settingsSchema);

/**
 * Reads the settings of one file, or the defaults if `source` is undefined. Relative paths start at
 * `folder`, and `hostname` is the label `instance`.
 */
export function readSettings(source: Source | undefined, folder: string, hostname: string): Checked<Settings> {
  return readSettingsOf(source === undefined ? [] : [source], { folder, hostname });
}

/**
 * Reads the settings of a file and its fragments. Never throws because of the content; no
 * diagnostic shows a secret.
 */
export function readSettingsOf(sources: readonly Source[], context: SettingsContext): Checked<Settings> {
  const { root, diagnostics: merged } = mergeSettings(sources);
  const { environment = process.env } = context;
  const found =
    root === undefined
      ? []
      : [...validateSettings(root), ...checkSettings(root), ...checkLabelVariables(root, environment)];
  const shown = limitDiagnostics(maskSecrets([...merged, ...found], sources));
  if (shown.some(isFatal)) return { diagnostics: shown };
  return { result: buildSettings(root?.kind === "map" ? root : undefined, context), diagnostics: shown };
}

/**
 * True for errors that make the settings unusable. A receiver that can never be reached is an
 * error, but the other receivers must still be notified.
 */
const isFatal = ({ code, severity }: Diagnostic): boolean => severity === "error" && code !== "bad-receiver";

export interface SettingsContext {
  readonly folder: string;
  readonly hostname: string;
  /** that of the process if not given */
  readonly environment?: Environment;
}

function buildSettings(
  root: YamlMap | undefined,
  { folder, hostname, environment = process.env }: SettingsContext,
): Settings {
  const defaults = valueOf(root, "defaults");
  const limits = valueOf(root, "limits");
  const history = valueOf(root, "history");
  const stateDir = resolve(folder, textOf(valueOf(root, "state_dir")) ?? "state");
  const heartbeat = readHeartbeat(valueOf(root, "heartbeat"));
  const http = readHttp(valueOf(root, "http"));
  const defaultActions = readDefaultActions(valueOf(defaults, "action"));
  return {
    actions: readActions(valueOf(root, "actions"), {
      ...{ folder, hostname },
      allowsExec: textOf(valueOf(root, "allow_exec")) === "true",
    }),
    smtp: readSmtp(valueOf(root, "smtp"), folder),
    labels: { instance: hostname, ...readLabels(valueOf(root, "labels"), environment) },
    defaults: {
      actions: defaultActions,
      windowMs: durationAt(defaults, "window", 60_000),
    },
    notify: readNotify(root, defaultActions),
    ...(heartbeat !== undefined && { heartbeat }),
    ...(http !== undefined && { http }),
    limits: {
      keys: Number(textOf(valueOf(limits, "keys")) ?? 10_000),
      memoryBytes: sizeAt(limits, "memory", 64 * MIB),
      ringBytes: sizeAt(limits, "ring", MIB),
      series: Number(textOf(valueOf(limits, "series")) ?? 1000),
      spans: Number(textOf(valueOf(limits, "spans")) ?? 10_240),
      records: Number(textOf(valueOf(limits, "records")) ?? 1000),
      outboxBytes: sizeAt(limits, "outbox", 64 * MIB),
      cpu: Number((textOf(valueOf(limits, "cpu")) ?? "5%").slice(0, -1)) / 100,
    },
    history: {
      retainMs: durationAt(history, "retain", 90 * DAY_MS),
      rows: Number(textOf(valueOf(history, "rows")) ?? 50_000),
    },
    tickMs: durationAt(root, "tick", 1000),
    redact: textOf(valueOf(root, "redact")) !== "false",
    stateDir,
    socket: resolve(folder, textOf(valueOf(root, "socket")) ?? defaultSocket(folder, stateDir)),
  };
}

/**
 * Returns the default socket: that of the service in the folder that systemd creates, or one beside
 * the state for a daemon that was started by hand, so that the two do not conflict.
 */
function defaultSocket(folder: string, stateDir: string): string {
  return folder === "/etc/bpfwarden" ? "/run/bpfwarden/control.sock" : join(stateDir, "control.sock");
}

function readDefaultActions(node: YamlNode | undefined): readonly string[] {
  return node === undefined ? ["screen"] : itemsOf(node).flatMap((item) => textOf(item) ?? []);
}

function readSmtp(node: YamlNode | undefined, folder: string): SmtpSettings {
  const user = textOf(valueOf(node, "user"));
  const password = textOf(valueOf(node, "password"));
  const tls = readMode(textOf(valueOf(node, "tls")));
  const certificates = readTls(node, folder);
  const dkim = valueOf(node, "dkim");
  return {
    host: textOf(valueOf(node, "host")) ?? "localhost",
    port: Number(textOf(valueOf(node, "port")) ?? (tls === "implicit" ? 465 : 25)),
    tls,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password: parseSecret(password, folder) }),
    ...(Object.keys(certificates).length > 0 && { certificates }),
    ...(dkim !== undefined && { dkim: readDkim(dkim, folder) }),
  };
}

function readDkim(node: YamlNode, folder: string): DkimSettings {
  const text = (key: string): string => textOf(valueOf(node, key)) ?? "";
  return { domain: text("domain"), selector: text("selector"), key: pemSecret(text("key"), folder) };
}

function readMode(text: string | undefined): SmtpSettings["tls"] {
  return text === "none" || text === "required" || text === "implicit" ? text : "opportunistic";
}

function readLabels(node: YamlNode | undefined, environment: Environment): Readonly<Record<string, string>> {
  return Object.fromEntries(
    entriesOf(node).map(({ key, value }) => [key.text, labelValue(textOf(value) ?? "", environment)]),
  );
}

function durationAt(node: YamlNode | undefined, key: string, otherwise: number): number {
  const text = textOf(valueOf(node, key));
  return text === undefined ? otherwise : durationMs(text);
}

function sizeAt(node: YamlNode | undefined, key: string, otherwise: number): number {
  const text = textOf(valueOf(node, key));
  return text === undefined ? otherwise : sizeBytes(text);
}
