import { visible } from "../../bpf/source/visible.ts";
import type { IgnoredEntry } from "./list-rule-files.ts";
import type { Logger } from "../service/logger.ts";

const MOST_REPORTED = 200;

/**
 * Reports ignored entries of rules folders: each once, and again if it comes back or if the reason
 * changes.
 */
export class IgnoredReport {
  #reported: ReadonlySet<string> = new Set();

  report(logger: Logger, ignored: readonly IgnoredEntry[]): void {
    const before = this.#reported;
    this.#reported = new Set(ignored.map(ignoredText));
    const news = [...this.#reported].filter((text) => !before.has(text));
    for (const text of news.slice(0, MOST_REPORTED)) logger.info(text);
    const more = news.length - MOST_REPORTED;
    if (more > 0) logger.info(`ignored ${more} more: "bpfwarden check" lists them`);
  }
}

/** Formats an ignored entry, as `check` prints it. */
export function ignoredText({ path, reason }: IgnoredEntry): string {
  return `ignored ${visible(path)}: ${reason}`;
}
