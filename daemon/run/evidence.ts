import { printExpression } from "../../bpf/language/printer.ts";
import type { AlertEvent } from "../evaluate/alerts/alert.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";
import type { EventRecord } from "../sample/sample.ts";

/** The most keys whose records are kept: the latest ones. */
const KEPT_KEYS = 20;

/** The records of one key that may be sent with its alert, the oldest first. */
interface KeyRecords {
  latest: readonly EventRecord[];
  /** the records with the highest and with the lowest aggregated value */
  highest: readonly EventRecord[];
  lowest: readonly EventRecord[];
}

/**
 * Selected records of a rule with a threshold: for each key the latest ones, and those with the
 * highest and lowest aggregated value, if the records contain it. So neither a busy key nor many
 * small records displace the records that caused an alert.
 */
export class Evidence {
  readonly #rule: RuleSyntax;
  readonly #measure: string | undefined;
  /** columns of `by` that are also in the rule's records */
  readonly #columns: readonly string[];
  /** by the values of those columns; the key with the latest record is last */
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

  /**
   * Adds records of its key to an alert: half of them the worst since it began, the others the
   * latest, with the worst first.
   */
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

  /** Texts and numbers with the same spelling are equal here. */
  #idOf({ fields }: { readonly fields: EventRecord["fields"] }): string {
    return JSON.stringify(this.#columns.map((column) => String(fields[column])));
  }

  /**
   * Returns the most extreme records, the most extreme first. Records that have left the window are
   * dropped.
   */
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

/**
 * Returns the record's field that the first signal aggregates: `elapsed` for `histogram(elapsed)`.
 */
function measureOf({ program: { signals, event = [] } }: RuleSyntax): string | undefined {
  const aggregated = (signals[0]?.aggregates ?? []).flatMap(({ expression }) =>
    expression.kind === "call" ? expression.arguments.slice(0, 1).map(printExpression) : [],
  );
  const isAggregated = ({ expression }: (typeof event)[number]): boolean =>
    aggregated.includes(printExpression(expression));
  return event.find(isAggregated)?.name.text;
}
