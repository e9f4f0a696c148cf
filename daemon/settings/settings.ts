import type { HeartbeatSettings } from "./heartbeat-settings.ts";
import type { HttpSettings } from "./http-settings.ts";
import type { NotifySettings } from "./notify-settings.ts";
import type { ReceiverSettings } from "../receivers/receivers.ts";
import type { TlsSettings } from "../receivers/tls-settings.ts";
import type { Secret } from "./values/secret.ts";
import type { Span } from "../../bpf/source/source.ts";

/** The validated content of `bpfwarden.yaml`, with defaults. Paths are absolute. */
export interface Settings {
  readonly actions: ReadonlyMap<string, ActionSettings>;
  readonly smtp: SmtpSettings;
  /** added to every alert, event and mail subject */
  readonly labels: Readonly<Record<string, string>>;
  readonly defaults: { readonly actions: readonly string[]; readonly windowMs: number };
  readonly notify: NotifySettings;
  readonly heartbeat?: HeartbeatSettings;
  /** absent if the daemon does not listen */
  readonly http?: HttpSettings;
  /**
   * `memoryBytes` limits kernel memory when a rule is loaded: a lower limit does not end a running
   * rule
   */
  readonly limits: LimitSettings;
  readonly history: HistorySettings;
  readonly tickMs: number;
  /** true to replace secrets in the texts of records */
  readonly redact: boolean;
  readonly stateDir: string;
  /** the control socket for commands */
  readonly socket: string;
}

/** The limits of the history of alerts. */
export interface HistorySettings {
  readonly retainMs: number;
  /** alerts; 0 keeps no history */
  readonly rows: number;
}

export interface LimitSettings {
  readonly keys: number;
  readonly memoryBytes: number;
  readonly ringBytes: number;
  /** time series of a rule in /metrics */
  readonly series: number;
  /** a second, for each user in each rule */
  readonly records: number;
  /** open spans of one kind, for each user in each rule */
  readonly spans: number;
  /** of messages that wait for receivers */
  readonly outboxBytes: number;
  /** share of one CPU that the programs of a rule, and of all rules together, may take */
  readonly cpu: number;
}

export type ActionSettings = { readonly name: string; readonly span?: Span } & ReceiverSettings;

export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  /**
   * opportunistic: STARTTLS if offered; required: STARTTLS or nothing; implicit: TLS from the
   * start; none
   */
  readonly tls: "none" | "opportunistic" | "required" | "implicit";
  readonly user?: string;
  readonly password?: Secret;
  /** certificates of one's own */
  readonly certificates?: TlsSettings;
  /** signs each mail */
  readonly dkim?: DkimSettings;
}

/** A signature of mails by a domain (DKIM, RFC 6376). */
export interface DkimSettings {
  readonly domain: string;
  readonly selector: string;
  /** the private key, in PEM */
  readonly key: Secret;
}
