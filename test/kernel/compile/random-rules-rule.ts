import type { ResolvedProbe } from "../../../bpf/check/probes/probe-kind.ts";
import type { Kernel } from "../../../bpf/kernel/kernel.ts";
import { Expressions, textOf, type Node } from "./random-rules-expression.ts";
import { namesAt, resolved, type Kind } from "./random-rules-names.ts";
import { probesOf, type DrawnProbes } from "./random-rules-probes.ts";
import type { Random } from "./random-rules-random.ts";

/** A rule file as the value that YAML would give, with expressions that can be shrunk. */
export type RuleValue = string | boolean | Node | readonly RuleValue[] | { readonly [key: string]: RuleValue };

type RuleMap = { readonly [key: string]: RuleValue };
type Bound = readonly (readonly [Kind, string])[];

export const isNode = (value: RuleValue): value is Node =>
  typeof value === "object" && !Array.isArray(value) && "parts" in value && Array.isArray(value.parts);

/** JSON, which is YAML. */
export function ruleText(rule: RuleValue): string {
  const plain = (value: RuleValue): unknown => {
    if (typeof value !== "object") return value;
    if (isNode(value)) return textOf(value);
    if (Array.isArray(value)) return value.map(plain);
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
  };
  return JSON.stringify(plain(rule));
}

/** Makes rules for one kernel. */
export class Rules {
  readonly #random: Random;
  readonly #kernel: Kernel;
  readonly #probes: DrawnProbes;

  constructor(random: Random, kernel: Kernel, probes = probesOf(kernel)) {
    this.#random = random;
    this.#kernel = kernel;
    this.#probes = probes;
  }

  rule(): RuleMap {
    return this.#random.chance(0.15) ? this.#severalSignals() : this.#oneSignal();
  }

  #oneSignal(): RuleMap {
    const random = this.#random;
    const { body, expressions } = this.#signal(true);
    const counts = random.chance(0.7);
    return {
      rule: "random",
      ...body,
      ...(counts ? { aggregate: this.#aggregates(expressions) } : {}),
      ...(counts && random.chance(0.6) ? { by: this.#keys(expressions) } : {}),
      ...(!counts || random.chance(0.3) ? { event: this.#fields(expressions) } : {}),
    };
  }

  #severalSignals(): RuleMap {
    const random = this.#random;
    const signals = random.times(2, 3, (index) => {
      const { body, expressions } = this.#signal(true);
      return [`s${String(index)}`, { ...body, aggregate: this.#aggregate(expressions) }] as const;
    });
    const by = random.chance(0.4) ? { by: { name: "comm", id: "pid", parent: "pcomm" } } : {};
    return { rule: "random", signals: Object.fromEntries(signals), ...by };
  }

  #signal(mayBeSpan: boolean): { readonly body: RuleMap; readonly expressions: Expressions } {
    const random = this.#random;
    const { probe, at, bound } = mayBeSpan && random.chance(0.2) ? this.#span() : this.#points();
    const inside = random.chance(0.15) ? this.#span(probe) : undefined;
    const known: Bound = [...bound, ...(inside?.bound.filter(([kind]) => kind !== "time") ?? [])];
    const withs = random.chance(0.3) ? this.#with(at, known) : undefined;
    const expressions = this.#expressions(at, [...known, ...(withs?.bound ?? [])]);
    const body: RuleMap = {
      probe,
      ...(inside === undefined ? {} : { during: inside.probe }),
      ...(withs === undefined ? {} : { with: withs.map }),
      ...(random.chance(0.7) ? { filter: expressions.boolean(random.between(0, 5)) } : {}),
    };
    return { body, expressions };
  }

  #expressions(at: ResolvedProbe, bound: Bound): Expressions {
    return new Expressions(this.#random, namesAt(at, this.#kernel, bound), this.#kernel);
  }

  /**
   * Now and then the one that is used elsewhere in the rule: programs at one point can depend on
   * each other.
   */
  #probe(elsewhere?: RuleValue): { readonly probe: string; readonly at: ResolvedProbe } {
    const random = this.#random;
    const again = typeof elsewhere === "string" && random.chance(0.2) ? resolved(elsewhere, this.#kernel) : undefined;
    if (typeof elsewhere === "string" && again !== undefined) return { probe: elsewhere, at: again };
    for (;;) {
      const probe = random.pick(random.pick(this.#probes.pools));
      const at = resolved(probe, this.#kernel);
      if (at !== undefined) return { probe, at };
    }
  }

  #points(): { readonly probe: RuleValue; readonly at: ResolvedProbe; readonly bound: Bound } {
    const random = this.#random;
    const { probe, at } = this.#probe();
    const refined = random.chance(0.15) ? { probe, filter: this.#expressions(at, []).boolean(2) } : probe;
    if (random.chance(0.1)) return { probe: ["tracepoint:sched:no_such_one", refined], at, bound: [] };
    if (random.chance(0.15)) return { ...this.#any(), bound: [] };
    return { probe: refined, at, bound: [] };
  }

  /** Probes that have the same fields. */
  #any(): { readonly probe: RuleValue; readonly at: ResolvedProbe } {
    const random = this.#random;
    const probes = [...new Set(random.times(2, 6, () => random.pick(this.#probes.exits)))];
    const at = resolved(probes[0] ?? "", this.#kernel);
    if (at === undefined) throw new Error("a tracepoint that is listed is not there");
    return { probe: { any: probes }, at };
  }

  /** `during` spans and what is counted inside are matched by one expression that all probes have. */
  #span(during?: RuleValue): { readonly probe: RuleMap; readonly at: ResolvedProbe; readonly bound: Bound } {
    const random = this.#random;
    const from = this.#probe(during);
    const to = random.chance(0.2) ? from : this.#probe(during);
    const atStart = this.#expressions(from.at, []);
    const match = during === undefined ? this.#match(atStart, this.#expressions(to.at, [])) : this.#commonMatch();
    const kinds = ["narrow", "signed", "unsigned", "boolean", "string", "address", "stack"] as const;
    const kept = random.times(0, 3, (index) => {
      const value = atStart.make(random.pick(kinds), random.between(0, 2));
      return [`kept${String(index)}_${String(random.between(0, 999))}`, value] as const;
    });
    const filtered = random.chance(0.3);
    const bound: Bound = [
      ["time", "elapsed"],
      ...kept.map(([name, { kind }]): readonly [Kind, string] => [kind, name]),
    ];
    const probe: RuleMap = {
      from: filtered ? { probe: from.probe, filter: atStart.boolean(2) } : from.probe,
      to: to.probe,
      ...(match === undefined ? {} : { match }),
      ...(kept.length === 0 ? {} : { keep: Object.fromEntries(kept) }),
      ...(random.chance(0.3) ? { restart: true } : {}),
      ...(random.chance(0.3) ? { timeout: "3h" } : {}),
    };
    return { probe, at: to.at, bound };
  }

  /** Values of the same kinds at both ends: one, or a tuple. */
  #match(atStart: Expressions, atEnd: Expressions): RuleValue | undefined {
    const random = this.#random;
    if (random.chance(0.5)) return undefined;
    const kinds = ["narrow", "narrow", "signed", "unsigned", "boolean", "string", "address"] as const;
    const pairs = random.times(1, 3, () => {
      const kind = random.pick(kinds);
      return [atStart.make(kind, random.between(0, 2)), atEnd.make(kind, random.between(0, 2))] as const;
    });
    return { from: pairs.map(([start]) => start), to: pairs.map(([, end]) => end) };
  }

  #commonMatch(): RuleValue | undefined {
    return this.#random.chance(0.4) ? undefined : this.#random.pick(["pid", "cgroup", "comm", ["pid", "cpu"]]);
  }

  #with(at: ResolvedProbe, known: Bound): { readonly map: RuleMap; readonly bound: Bound } {
    const random = this.#random;
    const expressions = this.#expressions(at, known);
    const made = random.times(1, 3, (index) => {
      const kind = random.pick(["narrow", "signed", "unsigned", "boolean", "string", "stack"] as const);
      return [`w${String(index)}`, expressions.make(kind, random.between(0, 3))] as const;
    });
    return { map: Object.fromEntries(made), bound: made.map(([name, { kind }]) => [kind, name]) };
  }

  #aggregate(expressions: Expressions): Node {
    const random = this.#random;
    if (random.chance(0.3)) return { kind: "narrow", parts: ["count()"] };
    if (random.chance(0.1)) {
      const kinds = ["narrow", "signed", "unsigned", "boolean", "string", "address"] as const;
      return { kind: "narrow", parts: ["distinct(", expressions.make(random.pick(kinds), random.between(0, 3)), ")"] };
    }
    const value = expressions.integer(random.between(0, 4));
    if (random.chance(0.1)) {
      return { kind: "narrow", parts: ["linear_histogram(cast(", value, ', "u64"), 0, 1000, 7)'] };
    }
    const weight = random.chance(0.2) ? [", ", expressions.integer(random.between(0, 2))] : [];
    if (random.chance(0.3))
      return { kind: "narrow", parts: [`${random.pick(["histogram", "avg"])}(`, value, ...weight, ")"] };
    return { kind: "narrow", parts: [`${random.pick(["sum", "min", "max", "avg", "stddev", "last"])}(`, value, ")"] };
  }

  #aggregates(expressions: Expressions): RuleValue {
    const random = this.#random;
    if (random.chance(0.5)) return this.#aggregate(expressions);
    return Object.fromEntries(random.times(1, 6, (index) => [`a${String(index)}`, this.#aggregate(expressions)]));
  }

  #keys(expressions: Expressions): RuleMap {
    const random = this.#random;
    const kinds = ["narrow", "signed", "unsigned", "boolean", "string", "string", "address", "stack"] as const;
    return Object.fromEntries(
      random.times(1, 5, (index) => [`k${String(index)}`, expressions.make(random.pick(kinds), random.between(0, 2))]),
    );
  }

  #fields(expressions: Expressions): RuleMap {
    const random = this.#random;
    const kinds = [
      "narrow",
      "signed",
      "unsigned",
      "boolean",
      "string",
      "string",
      "address",
      "path",
      "stack",
      "bytes",
    ] as const;
    return Object.fromEntries(
      random.times(1, random.chance(0.1) ? 30 : 8, (index) => [
        `f${String(index)}`,
        expressions.make(random.pick(kinds), random.between(0, 3)),
      ]),
    );
  }
}
