import { essenceOf, type Kept, type KeptFields, type Restart, reviver, shapesOf } from "./kept.ts";
import type { Fields } from "./shape.ts";

/** The documents of a rule. Alerts are saved whenever they change, counts more seldom. */
export type DocumentName = "alerts" | "counts";

/** A field that follows from the rule. */
export const OF_RULE = { in: "rule" } as const;
/** A field that the next tick works out again. */
export const OF_TICK = { in: "tick" } as const;
/** A field with a table of its own, or one that is saved in parts: see the module that saves it. */
export const APART = { in: "apart" } as const;

/** A field that is saved with the alerts. */
export const inAlerts = <Value>(kept: Kept<Value>): InDocument<"alerts", Value> => ({ in: "alerts", kept });
/** A field that is saved with the counts. */
export const inCounts = <Value>(kept: Kept<Value>): InDocument<"counts", Value> => ({ in: "counts", kept });

interface InDocument<Where extends DocumentName, Value> {
  readonly in: Where;
  readonly kept: Kept<Value>;
}

/** The fate of one field at a restart. */
type Fate<Value> =
  typeof OF_RULE | typeof OF_TICK | typeof APART | InDocument<"alerts", Value> | InDocument<"counts", Value>;

/** The fates of all fields at a restart: a table without one of them does not compile. */
export type Fates<State> = { readonly [Name in keyof State]-?: Fate<State[Name]> };

/** The names of the fields that are in one document. */
type NamesIn<Table, Where extends DocumentName> = {
  [Name in keyof Table]: Table[Name] extends { readonly in: Where } ? Name : never;
}[keyof Table];

/** The fields of a state that are in one document, as its table says. */
export type PartOf<State, Table, Where extends DocumentName> = Pick<State, NamesIn<Table, Where> & keyof State>;

/** Saves and restores some fields of a state. */
export interface Part<Values> {
  readonly shapes: Fields<Values>;
  readonly save: (state: Values) => Values;
  /**
   * Puts the values into a state that has seen nothing yet. Fields without a saved value stay as
   * they are.
   */
  readonly restore: (state: Values, saved: Values, restart: Restart) => void;
  /** Puts values of this process into a state. */
  readonly put: (state: Values, values: Values) => void;
  /** differs if something must be saved */
  readonly essence: (state: Values) => unknown;
}

/** Derives one document's part from a table. Call it as `partOf<State>()(TABLE, "alerts")`. */
export function partOf<State extends object>() {
  return <Table extends Fates<State>, Where extends DocumentName>(
    table: Table,
    where: Where,
  ): Part<PartOf<State, Table, Where>> => {
    type Values = PartOf<State, Table, Where>;
    const kept = keptIn<Values>(table, where);
    const names = Object.keys(kept) as (keyof Values)[];
    const revive = reviver(kept);
    return {
      shapes: shapesOf(kept),
      save(state) {
        const saved: Partial<Values> = {};
        for (const name of names) saved[name] = state[name];
        return saved as Values;
      },
      restore: (state, saved, restart) => void Object.assign(state, revive(saved, restart)),
      put: (state, values) => void Object.assign(state, values),
      essence: essenceOf(kept),
    };
  };
}

function keptIn<Values>(table: object, where: DocumentName): KeptFields<Values> {
  const all = Object.entries(table as Readonly<Record<string, Fate<unknown>>>);
  return Object.fromEntries(
    all.flatMap(([name, fate]) => (fate.in === where && "kept" in fate ? [[name, fate.kept]] : [])),
  ) as KeptFields<Values>;
}
