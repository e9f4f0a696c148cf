const ITEM = /^- `(.+?)`(?:: (.*))?$/;
const HEADING = /^#+ (.*)$/;

/** Returns Markdown of headings, paragraphs and lists of `CODE: text` as a man page shows it. */
export function roffOf(markdown: string): string {
  return markdown
    .split("\n")
    .filter((line) => line !== "")
    .map(lineOf)
    .join("");
}

function lineOf(line: string): string {
  const [, code, doc = ""] = ITEM.exec(line) ?? [];
  // Several spellings are divided by "` or `".
  if (code !== undefined) return `.TP\n${roffText(`\`${code}\``)}\n${doc === "" ? "" : `${roffText(doc)}\n`}`;
  const [, heading] = HEADING.exec(line) ?? [];
  return heading === undefined ? `.PP\n${roffText(line)}\n` : `.SS ${roffText(heading)}\n`;
}

/** Returns a line of Markdown with code in bold, and with everything that roff would obey escaped. */
export function roffText(text: string): string {
  const parts = text.split("`").map((part, index) => {
    const escaped = escape(index % 2 === 0 ? part.replaceAll(/\\([*_\\])/g, "$1") : part);
    return index % 2 === 0 ? escaped : `\\fB${escaped}\\fR`;
  });
  return parts.join("").replace(/^(?=[.'])/, "\\&");
}

function escape(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-");
}
