import type { ChatMessage, Tone } from "./chat-message.ts";
import { fitLines, type Line, type TextLimit } from "./fit-text.ts";
import { labelsText } from "../../text/labels-text.ts";

/** The markup of a service that takes a message as one text. */
export interface Markup {
  /** writes our own words so that they stand out */
  readonly strong: (text: string) => string;
  /** writes our own words */
  readonly plain: (text: string) => string;
  /** writes a text of anyone so that nothing in it is markup, a link or a mention */
  readonly quoted: (text: string) => string;
  readonly link: (name: string, url: string) => string;
  readonly between?: string;
}

/** A sign for services that show no color. */
export const TONE_SIGNS: { readonly [Each in Tone]: string } = {
  critical: "🔴",
  warning: "🟠",
  info: "🔵",
  resolved: "✅",
  records: "📄",
};

/** Colors that are as readable on light as on dark ground. */
export const TONE_COLORS: { readonly [Each in Tone]: number } = {
  critical: 0xd32f2f,
  warning: 0xef8e00,
  info: 0x1976d2,
  resolved: 0x2e7d32,
  records: 0x607d8b,
};

/** Returns a color as CSS writes it: `#d32f2f`. */
export const cssColor = (tone: Tone): string => `#${TONE_COLORS[tone].toString(16).padStart(6, "0")}`;

/** Returns the first line without markup: `[FIRING critical] slow: p99 260ms > 20ms (web1)`. */
export function titleText({ state, rule, what, host }: ChatMessage): string {
  return `[${state}] ${rule}: ${what}${hostText(host)}`;
}

const hostText = (host: string | undefined): string => (host === undefined ? "" : ` (${host})`);

/** Returns the first line: our words stand out, the others are quoted. */
export function titleLine({ tone, state, rule, what, host }: ChatMessage, markup: Markup): Line {
  const head = markup.strong(`${TONE_SIGNS[tone]} [${state}] ${rule}${hostText(host)}`);
  return { text: what, show: (text) => (text === "" ? head : `${head} ${markup.quoted(text)}`) };
}

/**
 * Returns the lines after the title, those first that matter most: value, threshold, labels, host
 * and times in one line, then the runbook and the confidence.
 */
export function bodyLines(message: ChatMessage, markup: Markup): readonly Line[] {
  const { lead, runbook, confidence, notes, silence, items, labels, description } = message;
  const { quoted, plain, link } = markup;
  const line = (text: string | undefined, show: Line["show"]): readonly Line[] =>
    text === undefined || text === "" ? [] : [{ text, show }];
  const named = (name: string, text: string | undefined): readonly Line[] =>
    line(text, (shown) => `${plain(`${name}: `)}${quoted(shown)}`);
  const trust = confidence === undefined ? "" : `Confidence: ${confidence}`;
  const runbookLink = runbook === undefined ? "" : `${link("Runbook", runbook)}${trust === "" ? "" : plain(" · ")}`;
  const shared = items.length === 0 ? "" : labelsText(Object.fromEntries(labels));
  return [
    ...line(lead, quoted),
    ...line(trust === "" ? runbook : trust, (text) => `${runbookLink}${trust === "" ? "" : plain(text)}`),
    ...notes.flatMap((note) => line(note, plain)),
    ...named("Silence", silence),
    ...items.flatMap((item) => line(item, quoted)),
    ...named("Labels", shared),
    ...named("About", description),
  ];
}

/** Returns the whole message as one text within a limit. */
export function chatText(message: ChatMessage, markup: Markup, limit: TextLimit): string {
  const { between = "\n" } = markup;
  return fitLines([titleLine(message, markup), ...bodyLines(message, markup)], limit, between).join(between);
}
