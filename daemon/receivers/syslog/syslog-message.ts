import { cutBytes } from "../../notify/message/cut-bytes.ts";
import type { Fact, FactMessage } from "../../notify/message/fact-messages.ts";
import { timeTextNs } from "../../text/time-text.ts";
import type { SyslogSettings } from "./settings.ts";

/** The longest HOSTNAME and PARAM-NAME (RFC 5424 §6). */
const MAX_HOST = 255;
const MAX_NAME = 32;
/** The longest value of a parameter; the message has the whole text. */
const MAX_VALUE = 512;
/** A message that is cut to less says nothing. */
const LEAST_TEXT = 64;
const BOM = "\ufeff";

/** The facts that a part of would be of no use. */
const WHOLE: ReadonlySet<string> = new Set(["silence", "runbook"]);

/**
 * Returns a message of RFC 5424. Parameters are left out and the text is cut so that it fits into
 * `maxBytes`; the text has at least half of the room.
 */
export function syslogMessage(
  message: FactMessage,
  settings: Pick<SyslogSettings, "facility" | "appName" | "sdId" | "maxBytes">,
  host: string | undefined,
): Buffer {
  const { facility, appName, sdId, maxBytes } = settings;
  const { severity, timeNs, status, facts, labels } = message;
  const time = `${timeTextNs(timeNs).slice(0, -4)}Z`;
  const head = `<${facility * 8 + severity}>1 ${time} ${printable(host ?? "", MAX_HOST)} ${appName} - ${status} `;
  const text = textOf(message);
  const room = maxBytes - Buffer.byteLength(head) - 1;
  const forText = Math.min(Buffer.byteLength(text), Math.max(LEAST_TEXT, Math.floor(room / 2)));
  const ours = element(sdId, facts, room - forText);
  const theirs = element(sdId.replace(/^.*@/, "labels@"), labels, room - forText - Buffer.byteLength(ours));
  const data = ours + theirs === "" ? "-" : ours + theirs;
  return Buffer.from(`${head}${data} ${fitting(text, room - Buffer.byteLength(data))}`);
}

/** Returns the text for people, who may not see the structured data. */
function textOf({ title, facts }: FactMessage): string {
  const more = facts.filter(([name]) => WHOLE.has(name)).map(([name, value]) => `; ${name}: ${value}`);
  return marked(`${title}${more.join("")}`);
}

/** Marks a text that is not ASCII as UTF-8 (RFC 5424 §6.4). */
const marked = (text: string): string => (/^[ -~]*$/.test(text) ? text : `${BOM}${text}`);

function fitting(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  return marked(cutBytes(text.replace(BOM, ""), bytes - Buffer.byteLength(BOM)));
}

/** Returns an SD-ELEMENT with the facts that fit, or "" if none does. */
function element(id: string, facts: readonly Fact[], bytes: number): string {
  let left = bytes - Buffer.byteLength(`[${id}]`);
  const params = facts.flatMap(([name, value]) => {
    if (WHOLE.has(name) && Buffer.byteLength(value) > MAX_VALUE) return [];
    const param = ` ${paramName(name)}="${escaped(cutBytes(value, MAX_VALUE))}"`;
    if (Buffer.byteLength(param) > left) return [];
    left -= Buffer.byteLength(param);
    return [param];
  });
  return params.length === 0 ? "" : `[${id}${params.join("")}]`;
}

const paramName = (name: string): string => printable(name.replace(/[="\]]/g, "_"), MAX_NAME);

/** Escapes a PARAM-VALUE (RFC 5424 §6.3.3). */
const escaped = (value: string): string => value.replace(/["\\\]]/g, String.raw`\$&`);

/** Returns printable ASCII without spaces; "-", the nil value, for an empty text. */
function printable(text: string, max: number): string {
  return text === "" ? "-" : text.slice(0, max).replace(/[^!-~]/g, "_");
}
