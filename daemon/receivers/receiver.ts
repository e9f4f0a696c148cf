import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { YamlNode } from "../yaml/yaml-node.ts";
import type { LogSettings } from "./log-settings.ts";

/** The host and folder for which settings are read. */
export interface ReadFor {
  /** where relative paths start */
  readonly folder: string;
  readonly hostname: string;
  /** true if the settings have `allow_exec: true` */
  readonly allowsExec: boolean;
}

/** The JSON Schema of a receiver's settings. A secret in it is `SECRET`, or a URL is `URL_KEY`. */
export interface ReceiverSchema {
  readonly title: string;
  /** a sentence for the reference of the settings */
  readonly description: string;
  readonly type: "object";
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, object>>;
  readonly additionalProperties: false;
}

/** The URLs of one service, for which another can be mistaken. */
export interface ServiceUrls {
  /** its name in messages */
  readonly name: string;
  /** absent if the service can be at any host: then a URL is only doubtful */
  readonly host?: RegExp;
  readonly path: RegExp;
}

/** The limits of a receiver. They decide how alerts and records become messages for it. */
export interface ReceiverLimits {
  /**
   * true if each change of an alert is sent to it at once and by itself, without repeats and budget
   */
  readonly isImmediate: boolean;
  /**
   * the interval at which it is sent again what fires, because it forgets alerts that are not
   * repeated; not at all if absent
   */
  readonly resendMs?: number;
  /** true if all its messages must stay in the order in which they came, whatever they are about */
  readonly keepsOrder: boolean;
  /** true if it takes records at once, into memory of its own that is limited */
  readonly takesRecords: boolean;
  /** the most alerts in a message; for more, several messages are made */
  readonly maxAlerts: number;
  /**
   * the most alerts in a message if it has alerts that fire since an earlier message; `maxAlerts`
   * if not given
   */
  readonly maxKnown?: number;
  /** records of one rule are gathered this long; 0 sends each set as it comes */
  readonly gatherEventsMs: number;
  /** the most records in a message; the others of the same time are counted as omitted */
  readonly maxEvents: number;
}

/**
 * One receiver: everything that is known of it without sending anything. How it delivers is in
 * `delivery.ts` of the same folder.
 */
export interface Receiver<Settings> extends ReceiverLimits {
  readonly schema: ReceiverSchema;
  /** reads settings that the schema has accepted */
  readonly read: (node: YamlNode, readFor: ReadFor) => Settings;
  /**
   * finds errors beyond the schema: a receiver that can never be reached. URLs and `timeout` are
   * checked without it
   */
  readonly check?: (node: YamlNode) => readonly Diagnostic[];
  /** the longest time of an attempt */
  readonly attemptMs: (settings: Settings) => number;
  /** the key of the settings that must be true, or nothing is delivered to it */
  readonly permission?: "allow_exec";
  /** what its URLs expect, for messages about a URL of another service */
  readonly expects?: string;
  /** the URLs at which this service is; other receivers refuse them and name this one */
  readonly urls?: ServiceUrls;
  /**
   * given if it takes heartbeats: returns the settings for one
   *
   * @param method the method that the heartbeat's settings ask for
   */
  readonly forHeartbeat?: <Own extends Settings>(settings: Own, method: string | undefined) => Own;
  /** the log that the daemon opens for it and keeps open */
  readonly logOf?: (settings: Settings) => LogSettings;
}
