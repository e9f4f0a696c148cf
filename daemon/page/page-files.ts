import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The folder of the page's files: the same place in a checkout and in the package. */
const FOLDER = join(import.meta.dirname, "../../daemon/page/browser");

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** All files that a browser may ask for. No other path is ever read. */
export const PAGE_FILES: readonly string[] = [
  ...["index.html", "page.css", "icon.svg"],
  ...["page.js", "connection.js", "elements.js", "lists.js", "times.js", "chart.js", "heat-map.js"],
  ...["head.js", "alerts.js", "rules.js", "others.js", "history.js", "rule-view.js"],
];

/**
 * The headers of each answer of the page. The browser runs and loads nothing but the files of this
 * server, and shows the page in no frame, so that a text that slips through does nothing.
 */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
};

/** A file as it is sent. */
export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
}

/** Returns a file of the page; undefined if the page has no such file. */
export function pageFile(name: string): PageFile | undefined {
  if (!PAGE_FILES.includes(name)) return undefined;
  const ending = name.slice(name.lastIndexOf(".") + 1);
  return { type: TYPES[ending] ?? "application/octet-stream", body: readFileSync(join(FOLDER, name)) };
}
