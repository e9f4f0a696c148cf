import { errorAt } from "../../../bpf/source/diagnostic.ts";
import { checkText } from "../../settings/values/check-text.ts";
import type { SettingsCode } from "../../settings/values/codes.ts";
import { hostFault } from "../../settings/values/host-fault.ts";
import { entryOf, textOf, valueOf, type YamlNode } from "../../yaml/yaml-node.ts";
import { HTTP_KEYS, HTTP_LIMITS, type HttpSettings, readHttp } from "../http-settings.ts";
import type { Receiver } from "../receiver.ts";

export interface SyslogSettings extends HttpSettings {
  readonly kind: "syslog";
  readonly host: string;
  readonly port: number;
  readonly transport: Transport;
  /** a number of RFC 5424 §6.2.1 */
  readonly facility: number;
  readonly appName: string;
  /** the SD-ID of our structured data */
  readonly sdId: string;
  /** the most that a message may take */
  readonly maxBytes: number;
}

export type Transport = "udp" | "tcp" | "tls";

/** The names of RFC 5424's facilities, in the order of their numbers. */
const FACILITIES = [
  ...["kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp"],
  ...["ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"],
];

/** Ports of RFC 5426 §3.3 and RFC 5425 §4.1; for TCP that of RFC 6587's receivers. */
const PORTS: Readonly<Record<Transport, number>> = { udp: 514, tcp: 514, tls: 6514 };

/** Sizes that receivers should take: RFC 5426 §3.2 and RFC 5425 §4.3.1. */
const MAX_BYTES: Readonly<Record<Transport, number>> = { udp: 2048, tcp: 8192, tls: 8192 };

export const syslog: Receiver<SyslogSettings> = {
  schema: {
    title: "a map {host, transport}",
    description: "Syslog (RFC 5424): a message for each change of an alert and for each record, with structured data.",
    type: "object",
    required: ["host"],
    properties: {
      host: { title: "a host", description: "The receiver's name or address.", type: "string", minLength: 1 },
      port: {
        title: "a port",
        description: "The port. Default: 514, for tls 6514.",
        type: "integer",
        minimum: 1,
        maximum: 65_535,
      },
      transport: {
        title: "udp, tcp or tls",
        description: "The transport: udp, tcp with octet counting (RFC 6587), or tls (RFC 5425). Default: udp.",
        enum: ["udp", "tcp", "tls"],
      },
      facility: {
        title: "a facility such as daemon",
        description: "The facility, such as daemon, authpriv or local0. Default: daemon.",
        enum: FACILITIES,
      },
      app_name: {
        title: "the name of a program",
        description: "The APP-NAME of the messages. Default: bpfwarden.",
        type: "string",
        pattern: "^[!-~]{1,48}$",
      },
      sd_id: {
        title: "NAME@NUMBER",
        description:
          "The id of the structured data: a name, @, and the enterprise number of your organization. Default: bpfwarden@32473, the number for examples (RFC 5612).",
        type: "string",
        pattern: "^[A-Za-z0-9_.-]{1,16}@[0-9]{1,10}$",
      },
      max_bytes: {
        title: "a number of bytes",
        description: "The largest message. Default: 2048 for udp, otherwise 8192.",
        type: "integer",
        minimum: 480,
        maximum: 65_000,
      },
      ...HTTP_KEYS,
    },
    additionalProperties: false,
  },
  read(node, { folder }) {
    const text = (key: string): string | undefined => textOf(valueOf(node, key));
    const transport = transportOf(text("transport"));
    return {
      ...{ kind: "syslog", host: text("host") ?? "localhost", transport },
      port: Number(text("port") ?? PORTS[transport]),
      facility: FACILITIES.indexOf(text("facility") ?? "daemon"),
      ...{ appName: text("app_name") ?? "bpfwarden", sdId: text("sd_id") ?? "bpfwarden@32473" },
      maxBytes: Number(text("max_bytes") ?? MAX_BYTES[transport]),
      ...readHttp(node, folder),
    };
  },
  check: (node) => [...checkText(valueOf(node, "host"), hostFault), ...checkTls(node)],
  ...HTTP_LIMITS,
  isImmediate: true,
  keepsOrder: true,
  maxEvents: 5000,
};

function transportOf(text: string | undefined): Transport {
  return text === "tcp" || text === "tls" ? text : "udp";
}

/** Refuses certificates that have no effect. */
function checkTls(node: YamlNode): ReturnType<NonNullable<typeof syslog.check>> {
  const tls = entryOf(node, "tls");
  if (tls === undefined || transportOf(textOf(valueOf(node, "transport"))) === "tls") return [];
  return [errorAt<SettingsCode>("bad-receiver", "expected transport: tls beside tls", tls.key.span)];
}
