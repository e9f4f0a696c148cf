import type { AlertView } from "../evaluate/alerts/alert-lifecycle.ts";
import type { TrialRule, TrialSample } from "./trial-rule.ts";
import { type ValueColumn, valueColumns } from "./value-columns.ts";

const KEPT_VALUES = 60;

/** One key of a rule in a table. */
export interface KeyRow {
  readonly view: AlertView;
  /** the values of the sort column, oldest first; the last one is current */
  readonly past: readonly (number | undefined)[];
  /** a shown value differs from the previous tick */
  readonly isChanged: boolean;
}

/** A sample with its keys in display order. */
export interface RankedSample extends TrialSample {
  readonly columns: readonly ValueColumn[];
  readonly rows: readonly KeyRow[];
}

interface KeyPast {
  readonly values: (number | undefined)[];
  shown: string;
}

/** The history of one rule's keys in a trial. */
export class TrialHistory {
  readonly #columns: readonly ValueColumn[];
  #past = new Map<string, KeyPast>();

  constructor(rule: TrialRule) {
    this.#columns = valueColumns(rule);
  }

  /** Adds a tick and ranks its keys: firing ones first, then by value, the greatest first. */
  take(sample: TrialSample): RankedSample {
    const past = new Map<string, KeyPast>();
    const rows = sample.views.map((view): KeyRow => {
      const id = JSON.stringify(view.labels);
      const { values, shown } = this.#past.get(id) ?? { values: [], shown: "" };
      values.push(this.#columns[0]?.numberOf(view.values));
      if (values.length > KEPT_VALUES) values.shift();
      const showing = JSON.stringify([
        view.state,
        view.level,
        this.#columns.map((column) => column.numberOf(view.values)),
      ]);
      past.set(id, { values, shown: showing });
      return { view, past: values, isChanged: showing !== shown };
    });
    this.#past = past;
    return { ...sample, columns: this.#columns, rows: rows.toSorted(byRank) };
  }
}

function byRank(a: KeyRow, b: KeyRow): number {
  const firing = Number(b.view.state === "firing") - Number(a.view.state === "firing");
  return firing !== 0 ? firing : (b.past.at(-1) ?? -Infinity) - (a.past.at(-1) ?? -Infinity) || 0;
}
