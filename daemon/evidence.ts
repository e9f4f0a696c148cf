import type { AlertEvent } from "./evaluate/alert.ts";
import type { RuleSyntax } from "./rules/rule-syntax.ts";
import type { EventRecord } from "./sample/sample.ts";

/** So many records are kept for each that travels: other keys' are among them. */
const KEPT_FOR_EACH = 20;

/** The last records of a rule that also has a threshold: what they say of a key travels with its alert. */
export class Evidence {
  readonly #rule: RuleSyntax;
  readonly #records: EventRecord[] = [];

  constructor(rule: RuleSyntax) {
    this.#rule = rule;
  }

  keep(record: EventRecord): EventRecord {
    const { threshold, evidence } = this.#rule;
    if (threshold === undefined || evidence === 0) return record;
    this.#records.push(record);
    if (this.#records.length > evidence * KEPT_FOR_EACH) this.#records.shift();
    return record;
  }

  /** The alert with the last records of its key: those whose fields that are named as columns of `by` are the same. */
  attach(event: AlertEvent): AlertEvent {
    const { name, program, evidence } = this.#rule;
    if (evidence === 0 || this.#records.length === 0 || event.rule !== name.text || event.status !== "firing")
      return event;
    const columns = program.by.map((column) => column.name.text);
    const own = this.#records.filter(({ fields }) =>
      columns.every((column) => fields[column] === undefined || String(fields[column]) === event.labels[column]),
    );
    return own.length === 0 ? event : { ...event, evidence: own.slice(-evidence) };
  }
}
