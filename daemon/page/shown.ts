import { cutVisible, visibleText } from "../../bpf/source/visible.ts";
import { labelsText } from "../api/values-text.ts";

/** The longest text of a cell or a line on the page, in UTF-16 units. */
const MOST = 400;

/**
 * Returns a text from outside as the page shows it: control and bidirectional characters are made
 * visible as on a terminal, and a long text is cut.
 */
export function shown(text: string, most = MOST): string {
  return cutVisible(visibleText(text.length > 2 * most ? text.slice(0, 2 * most) : text), most);
}

/** Returns labels, whose values are visible already, as the page shows them. */
export function shownLabels(labels: Readonly<Record<string, string>>): string {
  return cutVisible(labelsText(labels), MOST);
}

/** Returns a URL if a browser may follow it: http and https only. Returns "" for others. */
export function webLink(text: string | undefined): string {
  const url = text === undefined ? null : URL.parse(text);
  return url !== null && ["http:", "https:"].includes(url.protocol) ? url.href : "";
}
