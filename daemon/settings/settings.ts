import type { NotifySettings } from "./notify-settings.ts";
import type { ReceiverSettings } from "./receivers/receiver-settings.ts";
import type { Secret } from "./secret.ts";
import type { Span } from "../../bpf/source/source.ts";

/** `bpfwarden.yaml`, read, validated and with defaults filled in. Paths are absolute. */
export interface Settings {
  readonly actions: ReadonlyMap<string, ActionSettings>;
  readonly smtp: SmtpSettings;
  /** on every alert, event and mail subject */
  readonly labels: Readonly<Record<string, string>>;
  readonly defaults: { readonly actions: readonly string[]; readonly windowMs: number };
  readonly notify: NotifySettings;
  /** `memoryBytes` is of kernel memory, asked of a rule when it is loaded: a lower limit does not end a rule that runs */
  readonly limits: LimitSettings;
  readonly tickMs: number;
  readonly stateDir: string;
  /** where commands reach the daemon */
  readonly socket: string;
}

export interface LimitSettings {
  readonly keys: number;
  readonly memoryBytes: number;
  readonly ringBytes: number;
  /** a second, of each user in each rule */
  readonly records: number;
  /** of one kind, open at a time, of each user in each rule */
  readonly spans: number;
  /** of messages that wait for receivers */
  readonly outboxBytes: number;
}

export type ActionSettings = { readonly name: string; readonly span?: Span } & ReceiverSettings;

export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  /** opportunistic: STARTTLS where offered; required: STARTTLS or nothing; implicit: TLS from the start; none */
  readonly tls: "none" | "opportunistic" | "required" | "implicit";
  readonly user?: string;
  readonly password?: Secret;
}
