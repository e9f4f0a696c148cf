import type { Markup } from "./chat-text.ts";

const HTML_ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Escapes a text for HTML, also within an attribute in double quotes. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (mark) => HTML_ESCAPES[mark] ?? mark);

/**
 * HTML as Telegram and Matrix take it. Quoted texts are code: clients look for links, mentions and
 * hash tags in all other text.
 */
export const HTML: Markup = {
  strong: (text) => `<b>${escapeHtml(text)}</b>`,
  plain: escapeHtml,
  quoted: (text) => `<code>${escapeHtml(text)}</code>`,
  link: (name, url) => `<a href="${escapeHtml(url)}">${escapeHtml(name)}</a>`,
};

/**
 * Markdown as Discord, Mattermost and Rocket.Chat take it. A quoted text is a code span, in which a
 * backtick is the only special character: it is written as an escape, like a control character. So
 * is an `@` that could begin a mention, since some servers look for mentions in code, too.
 */
export const MARKDOWN: Markup = {
  strong: (text) => `**${escapeMarkdown(text)}**`,
  plain: escapeMarkdown,
  quoted: (text) => `\`${text.replaceAll("`", String.raw`\x60`).replace(/(?<!\w)@(?=\w)/g, String.raw`\x40`)}\``,
  link: (name, url) => `[${escapeMarkdown(name)}](${url})`,
};

/** Escapes our own words, such as the name of a rule. */
function escapeMarkdown(text: string): string {
  return text.replace(/[\\*_~`|<>]/g, String.raw`\$&`);
}
