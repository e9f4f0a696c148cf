import { visible } from "../../bpf/source/visible.ts";
import type { IgnoredEntry } from "./list-rule-files.ts";
import type { Logger } from "../service/logger.ts";

const MOST_REPORTED = 200;

/** Tells what in folders of rules is not read: each entry once, and again where it went and came back, or is ignored for another reason. */
export class IgnoredReport {
  #told: ReadonlySet<string> = new Set();

  tell(logger: Logger, ignored: readonly IgnoredEntry[]): void {
    const before = this.#told;
    this.#told = new Set(ignored.map(ignoredText));
    const news = [...this.#told].filter((text) => !before.has(text));
    for (const text of news.slice(0, MOST_REPORTED)) logger.info(text);
    const more = news.length - MOST_REPORTED;
    if (more > 0) logger.info(`ignored ${more} more: "bpfwarden check" lists them`);
  }
}

/** As `check` says it. */
export function ignoredText({ path, reason }: IgnoredEntry): string {
  return `ignored ${visible(path)}: ${reason}`;
}
