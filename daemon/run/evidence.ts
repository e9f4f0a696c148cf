import { printExpression } from "../../bpf/language/printer.ts";
import type { AlertEvent } from "../evaluate/alerts/alert.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";
import type { EventRecord } from "../sample/sample.ts";

/** Records are kept of so many keys: those that had one lately. */
const KEPT_KEYS = 20;

/** The records of one key that may travel with its alert, the oldest first. */
interface KeyRecords {
  latest: readonly EventRecord[];
  /** those with the highest and the lowest of what the rule aggregates */
  highest: readonly EventRecord[];
  lowest: readonly EventRecord[];
}

/**
 * A sample of the records of a rule that also has a threshold: of each key the latest, and those with the highest and the lowest value of
 * what is aggregated, where the record has it. So neither a busy key nor many small records push out those that made an alert.
 */
export class Evidence {
  readonly #rule: RuleSyntax;
  readonly #measure: string | undefined;
  /** the columns of `by` that the rule's records have */
  readonly #columns: readonly string[];
  /** by columns of `by` that records have; the key that had one last is the last */
  readonly #keys = new Map<string, KeyRecords>();

  constructor(rule: RuleSyntax) {
    this.#rule = rule;
    this.#measure = measureOf(rule);
    const { by, event = [] } = rule.program;
    this.#columns = by.map(({ name }) => name.text).filter((column) => event.some(({ name }) => name.text === column));
  }

  keep(record: EventRecord): EventRecord {
    const { threshold, evidence } = this.#rule;
    if (threshold === undefined || evidence === 0) return record;
    const id = this.#idOf(record);
    const { latest, highest, lowest } = this.#keys.get(id) ?? { latest: [], highest: [], lowest: [] };
    this.#keys.delete(id);
    this.#keys.set(id, {
      latest: [...latest, record].slice(-evidence),
      highest: this.#extremes(highest, record, 1),
      lowest: this.#extremes(lowest, record, -1),
    });
    const [eldest] = this.#keys.keys();
    if (this.#keys.size > KEPT_KEYS && eldest !== undefined) this.#keys.delete(eldest);
    return record;
  }

  /** The alert with records of its key: half of them the worst since it began, the others the latest; the worst first. */
  attach(event: AlertEvent): AlertEvent {
    const { name, evidence } = this.#rule;
    if (evidence === 0 || event.rule !== name.text || event.status !== "firing") return event;
    const own = this.#keys.get(this.#idOf({ fields: event.labels }));
    if (own === undefined) return event;
    const fromNs = BigInt(Math.floor(event.startsAtUnixMs - event.windowMs)) * 1_000_000n;
    const worst = own[event.judged?.worst ?? "highest"].filter(({ timeNs }) => timeNs >= fromNs);
    const first = worst.slice(0, Math.ceil(evidence / 2));
    const others = own.latest.toReversed().filter((record) => !first.includes(record));
    return { ...event, evidence: [...first, ...others].slice(0, evidence) };
  }

  /** Texts and numbers read the same. */
  #idOf({ fields }: { readonly fields: EventRecord["fields"] }): string {
    return JSON.stringify(this.#columns.map((column) => String(fields[column])));
  }

  /** The first is the most extreme. What has left the window makes room. */
  #extremes(kept: readonly EventRecord[], record: EventRecord, sign: 1 | -1): readonly EventRecord[] {
    const { evidence, windowMs } = this.#rule;
    const rank = (each: EventRecord): number => sign * (this.#valueOf(each) ?? NaN);
    const own = rank(record);
    if (Number.isNaN(own)) return kept;
    const fromNs = record.timeNs - BigInt(Math.floor(windowMs)) * 1_000_000n;
    const fresh = kept.every(({ timeNs }) => timeNs >= fromNs) ? kept : kept.filter(({ timeNs }) => timeNs >= fromNs);
    const least = fresh[evidence - 1];
    if (least !== undefined && rank(least) >= own) return fresh;
    const at = fresh.findIndex((each) => rank(each) < own);
    return fresh.toSpliced(at < 0 ? fresh.length : at, 0, record).slice(0, evidence);
  }

  #valueOf({ fields }: EventRecord): number | undefined {
    if (this.#measure === undefined) return undefined;
    const value = fields[this.#measure];
    const number = typeof value === "string" ? Number(value) : value;
    return typeof number === "number" && Number.isFinite(number) ? number : undefined;
  }
}

/** The field of the records that is what the first signal aggregates: `elapsed` beside `histogram(elapsed)`. */
function measureOf({ program: { signals, event = [] } }: RuleSyntax): string | undefined {
  const aggregated = (signals[0]?.aggregates ?? []).flatMap(({ expression }) =>
    expression.kind === "call" ? expression.arguments.slice(0, 1).map(printExpression) : [],
  );
  const isAggregated = ({ expression }: (typeof event)[number]): boolean =>
    aggregated.includes(printExpression(expression));
  return event.find(isAggregated)?.name.text;
}
