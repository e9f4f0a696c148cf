import { array, type Fields, list, number, object, optional, type Shape } from "./shape.ts";

/**
 * The longest break after which pending alerts are still known: Prometheus's
 * `--rules.alert.for-outage-tolerance`.
 */
const LONGEST_BREAK_MS = 3_600_000;

/** The time between saving and restoring. */
export interface Restart {
  /** turns a time of the saved clock into one of the clock of now */
  readonly shiftMs: number;
  /** for how long nobody watched */
  readonly breakMs: number;
}

export const isForgotten = ({ breakMs }: Restart): boolean => breakMs > LONGEST_BREAK_MS;

/** The way in which a value survives a restart. */
export interface Kept<Value> {
  readonly shape: Shape<Value>;
  readonly revive: (value: Value, restart: Restart) => Value;
  /** the part of it whose change must be saved; undefined if no change of it must be */
  readonly essence: ((value: Value) => unknown) | undefined;
}

const whole = (value: unknown): unknown => value;

/** A value that is the same after a restart. */
export function same<Value>(shape: Shape<Value>): Kept<Value> {
  return { shape, revive: (value) => value, essence: whole };
}

/**
 * A value that is the same after a restart but changes each tick: it is only saved together with
 * other changes.
 */
export function unnoticed<Value>(shape: Shape<Value>): Kept<Value> {
  return { ...same(shape), essence: undefined };
}

/** A time, CLOCK_BOOTTIME milliseconds. */
export const time: Kept<number> = { shape: number, revive: (ms, { shiftMs }) => ms + shiftMs, essence: whole };

/** A time, CLOCK_BOOTTIME nanoseconds. */
export const timeNs: Kept<number> = { ...time, revive: (ns, { shiftMs }) => ns + shiftMs * 1e6 };

/** The time since which something holds. The break does not count, because nobody watched. */
export const since: Kept<number> = {
  ...time,
  revive: (ms, { shiftMs, breakMs }) => ms + shiftMs + breakMs,
};

/** The same, but a long break forgets it. */
export const sinceUnforgotten: Kept<number | undefined> = {
  shape: optional(number),
  revive: (ms, restart) => (ms === undefined || isForgotten(restart) ? undefined : since.revive(ms, restart)),
  essence: whole,
};

/** A value that may be missing. */
export function maybe<Value>({ shape, revive, essence }: Kept<Value>): Kept<Value | undefined> {
  return {
    shape: optional(shape),
    revive: (value, restart) => (value === undefined ? undefined : revive(value, restart)),
    essence: essence && ((value) => (value === undefined ? undefined : essence(value))),
  };
}

export function each<Item>({ shape, revive, essence }: Kept<Item>): Kept<readonly Item[]> {
  return {
    shape: list(shape),
    revive: (items, restart) => items.map((item) => revive(item, restart)),
    essence: essence && ((items) => items.map(essence)),
  };
}

/** A list that may be changed later. */
export function eachOf<Item>(item: Kept<Item>): Kept<Item[]> {
  const { revive, ...kept } = each(item);
  return { ...kept, shape: array(item.shape), revive: (items, restart) => [...revive(items, restart)] };
}

export type KeptFields<Type> = { readonly [Name in keyof Type]-?: Kept<Type[Name]> };

/** An object with exactly these fields. One that is missing, or undefined, is left out. */
export function fields<Type extends object>(table: KeptFields<Type>): Kept<Type> {
  return { shape: object<Type>(shapesOf(table)), revive: reviver(table), essence: essenceOf(table) };
}

export function shapesOf<Type>(table: KeptFields<Type>): Fields<Type> {
  return mapped(table, ({ shape }) => shape) as Fields<Type>;
}

/** Returns a function that revives those of the fields that a value has. */
export function reviver<Type extends object>(table: KeptFields<Type>): Kept<Type>["revive"] {
  const kept = entriesOf(table);
  return (value, restart) => {
    const revived: Record<string, unknown> = {};
    for (const [name, { revive }] of kept) {
      const saved = (value as Readonly<Record<string, unknown>>)[name];
      const one = saved === undefined ? undefined : revive(saved, restart);
      if (one !== undefined) revived[name] = one;
    }
    return revived as Type;
  };
}

/** Returns a function that gives the essence of each field that has one. */
export function essenceOf<Type extends object>(table: KeptFields<Type>): (value: Type) => unknown {
  const kept = entriesOf(table);
  return (value) =>
    kept.flatMap(([name, { essence }]) =>
      essence === undefined ? [] : [essence((value as Readonly<Record<string, unknown>>)[name])],
    );
}

function entriesOf<Type>(table: KeptFields<Type>): readonly (readonly [string, Kept<unknown>])[] {
  return Object.entries(table) as unknown as readonly (readonly [string, Kept<unknown>])[];
}

function mapped<Type, Result>(table: KeptFields<Type>, of: (kept: Kept<unknown>) => Result): Record<string, Result> {
  return Object.fromEntries(entriesOf(table).map(([name, kept]) => [name, of(kept)]));
}
