import type { Random } from "./random-rules-random.ts";

/** An expression and what it must be on the kernel. */
export interface Valued {
  readonly text: string;
  readonly value: bigint;
}

type Wide = "signed" | "unsigned";
type Sort = Wide | "narrow";

const wrap = (sort: Sort, value: bigint): bigint =>
  sort === "signed" ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value);

const truth = (value: boolean): bigint => (value ? 1n : 0n);

const ARITHMETIC: Readonly<Record<string, (left: bigint, right: bigint) => bigint>> = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => (right === 0n ? 0n : left / right),
  "%": (left, right) => (right === 0n ? 0n : left % right),
  "&": (left, right) => left & right,
  "|": (left, right) => left | right,
  "^": (left, right) => left ^ right,
};

const COMPARISONS: Readonly<Record<string, (left: bigint, right: bigint) => boolean>> = {
  "==": (left, right) => left === right,
  "!=": (left, right) => left !== right,
  "<": (left, right) => left < right,
  "<=": (left, right) => left <= right,
  ">": (left, right) => left > right,
  ">=": (left, right) => left >= right,
};

const CASTS: readonly (readonly [name: string, sort: Sort, bits: number])[] = [
  ["u8", "narrow", 8],
  ["u16", "narrow", 16],
  ["u32", "narrow", 32],
  ["s8", "signed", 8],
  ["s16", "signed", 16],
  ["s32", "signed", 32],
  ["s64", "signed", 64],
  ["u64", "unsigned", 64],
];

const INTERESTING = [0n, 1n, 2n, 7n, 63n, 64n, 255n, 2n ** 15n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n, 2n ** 63n - 1n];

/**
 * Makes expressions together with their values, which follow from what the language says of its
 * operators and from nothing that the compiler has: 64 bits, wrapping; x / 0 and x % 0 are 0;
 * counts of shifts modulo 64; division truncates.
 * @param zero a name of the rule that is a signed 0 at run time, unknown to compiler and
 * verifier
 */
export class Values {
  readonly #random: Random;
  readonly #zero: string;

  constructor(random: Random, zero: string) {
    this.#random = random;
    this.#zero = zero;
  }

  any(depth: number): Valued {
    return this.#random.chance(0.2) ? this.boolean(depth) : this.#integer(depth);
  }

  #integer(depth: number): Valued {
    return this.#sorted(this.#random.pick(["signed", "unsigned", "narrow"]), depth);
  }

  #sorted(sort: Sort, depth: number): Valued {
    if (depth <= 0) return this.#leaf(sort);
    const random = this.#random;
    if (random.chance(0.15)) return this.#chosen(sort, depth - 1);
    if (random.chance(0.2)) return this.#cast(sort, depth - 1);
    if (random.chance(0.15)) return this.#shifted(sort, depth - 1);
    if (sort === "narrow") return random.chance(0.3) ? this.#swapped(depth - 1) : this.#narrow(depth - 1);
    return random.chance(0.2) ? this.#unary(sort, depth - 1) : this.#arithmetic(sort, depth - 1);
  }

  #leaf(sort: Sort): Valued {
    const random = this.#random;
    const magnitude = random.chance(0.5)
      ? random.pick(INTERESTING)
      : BigInt(Math.floor(random.next() * 2 ** 32)) << BigInt(random.between(0, 31));
    const signed = random.chance(0.4) ? -magnitude : magnitude;
    const sum = signed < 0n ? `${this.#zero} - ${String(-signed)}` : `${this.#zero} + ${String(signed)}`;
    if (sort === "signed") return { text: `(${sum})`, value: signed };
    const [name, , bits] = random.pick(CASTS.filter((cast) => cast[1] === sort));
    return { text: `cast(${sum}, "${name}")`, value: BigInt.asUintN(bits, signed) };
  }

  #cast(sort: Sort, depth: number): Valued {
    const [name, , bits] = this.#random.pick(CASTS.filter((cast) => cast[1] === sort));
    const inner = this.#integer(depth);
    const value = sort === "signed" ? BigInt.asIntN(bits, inner.value) : BigInt.asUintN(bits, inner.value);
    return { text: `cast(${inner.text}, "${name}")`, value };
  }

  #chosen(sort: Sort, depth: number): Valued {
    const [test, then, otherwise] = [this.boolean(depth), this.#sorted(sort, depth), this.#sorted(sort, depth)];
    const { value } = test.value === 1n ? then : otherwise;
    return { text: `(${test.text} ? ${then.text} : ${otherwise.text})`, value };
  }

  #shifted(sort: Sort, depth: number): Valued {
    const [left, count] = [this.#sorted(sort, depth), this.#integer(depth)];
    const by = BigInt.asUintN(6, count.value);
    // a narrow number that is shifted up outgrows its width, so it is only shifted down
    if (sort === "narrow" || this.#random.chance(0.5)) {
      return { text: `(${left.text} >> ${count.text})`, value: left.value >> by };
    }
    return { text: `(${left.text} << ${count.text})`, value: wrap(sort, left.value << by) };
  }

  #swapped(depth: number): Valued {
    const inner = this.#integer(depth);
    const [name, bytes] = this.#random.pick([["ntohs", 2] as const, ["ntohl", 4] as const]);
    let value = 0n;
    for (let at = 0n; at < bytes; at++) value = (value << 8n) | ((inner.value >> (8n * at)) & 0xffn);
    return { text: `${name}(${inner.text})`, value };
  }

  #unary(sort: Wide, depth: number): Valued {
    if (sort === "unsigned") {
      const inner = this.#sorted("unsigned", depth);
      return { text: `~${inner.text}`, value: wrap("unsigned", ~inner.value) };
    }
    const inner = this.#integer(depth);
    return { text: `-(${inner.text})`, value: wrap("signed", -inner.value) };
  }

  /** Returns an expression that does not outgrow its narrow operands. */
  #narrow(depth: number): Valued {
    const [left, right] = [this.#sorted("narrow", depth), this.#sorted("narrow", depth)];
    return this.#combined("narrow", this.#random.pick(["/", "%", "&", "|", "^"]), left, right);
  }

  #arithmetic(sort: Wide, depth: number): Valued {
    const random = this.#random;
    const left = this.#sorted(sort, depth);
    return this.#combined(sort, random.pick(Object.keys(ARITHMETIC)), left, this.#partner(sort, depth));
  }

  #combined(sort: Sort, operator: string, left: Valued, right: Valued): Valued {
    const value = wrap(sort, ARITHMETIC[operator]?.(left.value, right.value) ?? 0n);
    const text = `(${left.text} ${operator} ${right.text})`;
    // a mask makes a number narrow, and a narrow one takes no side
    return { text: operator === "&" && sort === "unsigned" ? `cast(${text}, "u64")` : text, value };
  }

  /** Returns a right side for a value of `sort`: of its own sign, narrow, or a literal. */
  #partner(sort: Wide, depth: number): Valued {
    const random = this.#random;
    if (random.chance(0.3)) {
      const value = random.pick(INTERESTING);
      return { text: String(value), value };
    }
    return this.#sorted(random.chance(0.3) ? "narrow" : sort, depth);
  }

  boolean(depth: number): Valued {
    const random = this.#random;
    if (depth > 0 && random.chance(0.15)) {
      const inner = this.boolean(depth - 1);
      return { text: `(not ${inner.text})`, value: 1n - inner.value };
    }
    if (depth > 0 && random.chance(0.4)) return this.#logic(depth - 1);
    const sort = random.pick(["signed", "unsigned"] as const);
    const left = this.#sorted(sort, depth - 1);
    if (random.chance(0.2)) return this.#membership(left);
    const right = this.#partner(sort, depth - 1);
    const operator = random.pick(Object.keys(COMPARISONS));
    const value = truth(COMPARISONS[operator]?.(left.value, right.value) ?? false);
    return { text: `(${left.text} ${operator} ${right.text})`, value };
  }

  #logic(depth: number): Valued {
    const [left, right] = [this.boolean(depth), this.boolean(depth)];
    const both = this.#random.chance(0.5);
    const value = both ? left.value & right.value : left.value | right.value;
    return { text: `(${left.text} ${both ? "and" : "or"} ${right.text})`, value };
  }

  #membership(element: Valued): Valued {
    const random = this.#random;
    const single = random.pick(INTERESTING);
    const ends = [random.pick(INTERESTING), random.pick(INTERESTING)] as const;
    const [low, high] = ends[0] < ends[1] ? ends : [ends[1], ends[0]];
    const contained = element.value === single || (element.value >= low && element.value <= high);
    const negated = random.chance(0.5);
    const text = `(${element.text} ${negated ? "not in" : "in"} [${String(single)}, ${String(low)}..${String(high)}])`;
    return { text, value: truth(contained !== negated) };
  }
}
