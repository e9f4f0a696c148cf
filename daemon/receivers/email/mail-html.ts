import { cutVisible, visibleText } from "../../../bpf/source/visible.ts";
import { cssColor, TONE_COLORS } from "../../notify/message/chat-text.ts";
import { escapeHtml } from "../../notify/message/markups.ts";
import { CHART_HEIGHT, CHART_WIDTH, chartPicture } from "./chart-picture.ts";
import type { Details, MailContent, Section } from "./mail-content.ts";
import type { Mail, Picture } from "./mail-transport.ts";
import { sparkline, type ValueChart } from "./value-chart.ts";

/** Mail services cut HTML of more than 100 KiB; the text part has all of it. */
const MAX_LINES = 100;
const MAX_DETAILS = 10;
const MAX_CHARTS = 3;
const MAX_VALUE = 1000;

const BODY =
  "margin:0;padding:0;background:#f2f3f5;color:#1f2328;font:15px/1.45 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const CARD = "max-width:640px;margin:0 auto;padding:14px 16px;background:#ffffff;overflow-wrap:anywhere";
const CODE =
  "display:block;padding:8px 10px;background:#f2f3f5;border-radius:4px;font:13px/1.4 ui-monospace,Menlo,Consolas,monospace";
const LIST = "margin:12px 0;padding:0 0 0 18px";
const NAME = "padding:2px 10px 2px 0;vertical-align:top;color:#59636e;white-space:nowrap";
const VALUE = "padding:2px 0;vertical-align:top;overflow-wrap:anywhere";
const GRAY = "color:#59636e;font-size:13px";

/** The surroundings of a mail. */
interface MailFrame {
  readonly id: string;
  readonly host: string | undefined;
}

/**
 * Returns the HTML of a mail and its pictures. It has the facts of the text, with inline styles,
 * because mail programs leave out others.
 */
export function htmlMail(content: MailContent, { id, host }: MailFrame): Pick<Mail, "html" | "pictures"> {
  const { tone, lead, sections, notes, details } = content;
  const charts = details.flatMap(({ chart }) => chart ?? []).slice(0, MAX_CHARTS);
  const pictures = charts.map((chart, index): Picture => ({
    id: `chart-${index + 1}.${id}`,
    name: `chart-${index + 1}.png`,
    png: chartPicture(chart, TONE_COLORS[tone]),
  }));
  const pictureOf = (chart: ValueChart | undefined): string => {
    const picture = chart === undefined ? undefined : pictures[charts.indexOf(chart)];
    return chart === undefined || picture === undefined ? "" : chartHtml(chart, picture.id);
  };
  const [first, ...others] = details.slice(0, MAX_DETAILS);
  const isOne = details.length === 1;
  const parts = [
    headHtml(content, host),
    lead === undefined ? "" : paragraph(lead, "font-size:16px"),
    isOne ? (first?.prose ?? []).map((line) => paragraph(line)).join("") : "",
    actionsHtml(content),
    isOne ? pictureOf(first?.chart) : "",
    ...notes.map((note) => paragraph(note, GRAY)),
    sectionsHtml(sections),
    ...(first === undefined
      ? []
      : isOne
        ? [factsHtml(first.facts)]
        : [first, ...others].map((one) => detailsHtml(one, pictureOf(one.chart)))),
    details.length > MAX_DETAILS ? paragraph("The text part of this mail describes more alerts.", GRAY) : "",
  ];
  return { html: page(parts.join("\n"), cssColor(tone)), pictures };
}

const page = (content: string, color: string): string =>
  `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light"></head>
<body style="${BODY}"><div style="${CARD};border-top:6px solid ${color}">
${content}
</div></body></html>
`;

function headHtml({ subject: { state, rule, what }, tone }: MailContent, host: string | undefined): string {
  const place = host === undefined ? "" : ` on ${host}`;
  const label = quoted(visibleText(`${state} · ${rule}${place}`));
  return `<p style="margin:0;font-weight:bold"><span style="color:${cssColor(tone)}">●</span> ${label}</p>
<h1 style="margin:4px 0 10px;font-size:19px;line-height:1.3">${quoted(visibleText(what))}</h1>`;
}

const paragraph = (text: string, style = ""): string =>
  `<p style="margin:8px 0${style === "" ? "" : `;${style}`}">${quoted(text)}</p>`;

/** Returns what to do: how far the values can be trusted, where to read on, how to silence it. */
function actionsHtml({ confidence, runbook, silence }: MailContent): string {
  const link =
    runbook === undefined ? "" : `<a href="${escapeHtml(runbook)}" style="color:#0b57d0">${quoted(runbook)}</a>`;
  const code = silence === undefined ? "" : `<code style="${CODE}">${quoted(silence)}</code>`;
  const rows = [
    ...(confidence === undefined ? [] : [row("Confidence", quoted(confidence))]),
    ...(link === "" ? [] : [row("Runbook", link)]),
  ];
  const title = code === "" ? "" : `<p style="margin:10px 0 4px;${GRAY}">Silence it for two hours:</p>`;
  return `${table(rows)}${title}${code}`;
}

function chartHtml(chart: ValueChart, id: string): string {
  const size = `width="${CHART_WIDTH / 2}" height="${CHART_HEIGHT / 2}"`;
  const alt = `${sparkline(chart)} ${visibleText(chart.caption)}`;
  const image = `<img src="cid:${escapeHtml(id)}" ${size} alt="${escapeHtml(alt)}" style="display:block;width:100%;max-width:${CHART_WIDTH}px;height:auto;margin:12px 0 2px">`;
  return `${image}<p style="margin:0 0 10px;${GRAY}">${quoted(visibleText(chart.caption))}</p>`;
}

/** Returns the lists of alerts or records. */
function sectionsHtml(sections: readonly Section[]): string {
  const all = sections.reduce((sum, { lines }) => sum + lines.length, 0);
  let left = MAX_LINES;
  const shown = sections.map(({ title, lines }) => {
    const items = lines.slice(0, left).map((line) => `<li style="margin:4px 0">${quoted(line)}</li>`);
    left -= items.length;
    return items.length === 0
      ? ""
      : `${title === "" ? "" : paragraph(title, GRAY)}<ul style="${LIST}">${items.join("\n")}</ul>`;
  });
  const more = all - MAX_LINES;
  return `${shown.join("")}${more > 0 ? paragraph(`${more} more are in the text part of this mail.`, GRAY) : ""}`;
}

function detailsHtml({ lead, prose, facts }: Details, picture: string): string {
  const sentences = prose.map((line) => paragraph(line)).join("");
  return `<hr style="border:0;border-top:1px solid #d1d9e0;margin:16px 0">${paragraph(lead, "font-weight:bold")}${sentences}${picture}${factsHtml(facts)}`;
}

function factsHtml(facts: readonly string[]): string {
  return table(
    facts.map((fact) => {
      const [, name = "", value = fact] = /^([^:]{1,60}):\s+(.*)$/s.exec(fact) ?? [];
      return row(name, quoted(cutVisible(value, MAX_VALUE)));
    }),
  );
}

function table(rows: readonly string[]): string {
  if (rows.length === 0) return "";
  return `<table role="presentation" cellpadding="0" cellspacing="0" style="border-collapse:collapse;font-size:14px;margin:10px 0">${rows.join("\n")}</table>`;
}

const row = (name: string, html: string): string =>
  `<tr><td style="${NAME}">${quoted(name)}</td><td style="${VALUE}">${html}</td></tr>`;

/**
 * Writes a text of anyone. Mail programs make links of what looks like an address or a URL, so such
 * a text is divided by places for line breaks, which nobody sees.
 */
function quoted(text: string): string {
  return escapeHtml(text).replace(/:(?=\/\/)|[.@](?=\p{L})/gu, "$&<wbr>");
}
