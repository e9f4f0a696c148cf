import type { Kernel } from "../../../bpf/kernel/kernel.ts";
import { walk, type Kind, type Names } from "./random-rules-names.ts";
import type { Random } from "./random-rules-random.ts";

/** An expression as text with holes, so that it can be shrunk. */
export interface Node {
  readonly kind: Kind;
  readonly parts: readonly (string | Node)[];
}

export const textOf = (node: Node): string =>
  node.parts.map((part) => (typeof part === "string" ? part : textOf(part))).join("");

export const leaf = (kind: Kind, text: string): Node => ({ kind, parts: [text] });

const node = (kind: Kind, ...parts: readonly (string | Node)[]): Node => ({ kind, parts });

const INTEGERS = [
  "0",
  "1",
  "2",
  "7",
  "63",
  "64",
  "100",
  "255",
  "0x1_0000",
  "0x7fffffff",
  "0xffffffff",
  "0x123456789abc",
  "0x7fffffffffffffff",
  "AF_INET6",
  "4KiB",
];
const STRINGS = ["", "x", "bash", "a longer text than a comm", "é", "sixteen bytes 16", 'q\\"uote'];
const GLOBS = ["*", "ba*", "*sh", "b?s*", "*[a-c]*", "[!x]*", "*a*b*", "/etc/?[a-z]*", "a\\\\*"];
const NETWORKS = ["10.0.0.0/8", "fe80::/10", "::/0", "192.168.1.1", "::1", "2001:db8::/33", "127.0.0.0/9"];
const ADDRESSES = ["10.1.2.3", "::1", "fe80::1:2"];

/** Functions that say what a number means. */
const NAMING = ["signal(", "syscall(", "device(", "mode(", "user(", "family(", "tcp_state(", "capability("];

/** Numbers that follow from the kernel's types and symbols, and places whose index only a run knows. */
const FROM_TYPES = [
  "bswap(uid)",
  'sizeof("task_struct")',
  'offsetof("task_struct", "pid")',
  'cast(offsetof("task_struct", "se.vruntime"), "u32")',
  'cast(task.comm[cpu], "u8")',
  'cast(cast(kaddr("jiffies"), "unsigned long *")[0], "u32")',
  'container_of(task.tasks, "task_struct", "tasks").flags',
];

/** Makes expressions that type-check at one probe. */
export class Expressions {
  readonly #random: Random;
  readonly #names: Names;
  readonly #kernel: Kernel;

  constructor(random: Random, names: Names, kernel: Kernel) {
    this.#random = random;
    this.#names = names;
    this.#kernel = kernel;
  }

  make(kind: Kind, depth: number): Node {
    switch (kind) {
      case "narrow":
        return this.#narrow(depth);
      case "signed":
      case "unsigned":
        return this.#wide(kind, depth);
      case "boolean":
        return this.boolean(depth);
      case "string":
        return this.string(depth);
      case "address":
        return this.#address(depth);
      case "stack":
        return this.#stack(depth);
      case "bytes":
        return this.#bytes(depth);
      case "path":
      case "time":
        return this.#name(kind) ?? leaf(kind, "cwd");
    }
  }

  integer(depth: number): Node {
    return this.make(this.#random.pick(["narrow", "signed", "unsigned"] as const), depth);
  }

  boolean(depth: number): Node {
    const random = this.#random;
    if (depth <= 0) return this.#comparison(0);
    const deeper = depth - 1;
    switch (random.between(0, 9)) {
      case 0:
        return node("boolean", "not (", this.boolean(deeper), ")");
      case 1:
        return node(
          "boolean",
          "(",
          this.boolean(deeper),
          ") ? (",
          this.boolean(deeper),
          ") : (",
          this.boolean(deeper),
          ")",
        );
      case 2:
      case 3:
        return node(
          "boolean",
          "(",
          this.boolean(deeper),
          random.pick([") and (", ") or (", ") && (", ") || ("]),
          this.boolean(deeper),
          ")",
        );
      case 4:
        return this.#membership(deeper);
      case 5:
      case 6:
        return this.#stringTest(deeper);
      case 7:
        return this.#addressTest(deeper) ?? this.#comparison(deeper);
      default:
        return this.#comparison(deeper);
    }
  }

  #comparison(depth: number): Node {
    const random = this.#random;
    const { pointers } = this.#names;
    const known = this.#names.of.get("boolean");
    if (known !== undefined && random.chance(0.1)) return leaf("boolean", random.pick(known));
    if (pointers.length > 0 && random.chance(0.1))
      return leaf("boolean", `${random.pick(pointers)} ${random.pick(["==", "!="])} 0`);
    const time = this.#names.of.get("time");
    if (time !== undefined && random.chance(0.1)) return leaf("boolean", `${random.pick(time)} >= 5ms`);
    const kind = random.pick(["narrow", "signed", "unsigned"] as const);
    const operator = random.pick(["==", "!=", "<", "<=", ">", ">="]);
    return node("boolean", "(", this.make(kind, depth), `) ${operator} (`, this.#sameSign(kind, depth), ")");
  }

  #membership(depth: number): Node {
    const random = this.#random;
    const items = random.times(1, 5, () => (random.chance(0.3) ? "3..70_000" : random.pick(INTEGERS.slice(0, 12))));
    const set =
      items.length === 1 && items[0]?.includes("..") === true && random.chance(0.5)
        ? items[0]
        : `[${items.join(", ")}]`;
    return node(
      "boolean",
      "(",
      this.make(random.pick(["narrow", "signed", "unsigned"] as const), depth),
      `) ${random.pick(["in", "not in"])} ${set}`,
    );
  }

  #stringTest(depth: number): Node {
    const random = this.#random;
    const text = random.chance(0.05) ? "long ".repeat(random.between(10, 49)) : random.pick(STRINGS);
    const string = this.string(depth);
    const kind = random.between(0, 8);
    if (kind === 0) return node("boolean", "starts_with(", string, `, "${text}")`);
    const part = random.pick(STRINGS);
    if (kind === 4) return node("boolean", random.pick(["contains(", "ends_with("]), string, `, "${part}")`);
    if (kind === 5) return node("boolean", "glob(", string, `, "${random.pick(GLOBS)}")`);
    if (kind === 6)
      return node("boolean", "(", string, `) ${random.pick(["==", "!="])} (`, this.string(depth - 1), ")");
    if (kind === 7) return node("boolean", "starts_with(", string, ", ", this.string(depth - 1), ")");
    if (kind === 8) return node("boolean", "(", string, ') in ["bash", ', this.string(depth - 1), "]");
    if (kind === 1) return node("boolean", "(", string, `) in ["bash", "${text}"]`);
    return node("boolean", "(", string, `) ${random.pick(["==", "!="])} "${text}"`);
  }

  #addressTest(depth: number): Node | undefined {
    const random = this.#random;
    if (!this.#names.of.has("address")) return undefined;
    const address = this.#address(depth);
    if (random.chance(0.3)) return node("boolean", "(", address, `) == ${random.pick(ADDRESSES)}`);
    if (random.chance(0.2)) return node("boolean", "(", address, ") != (", this.#address(depth - 1), ")");
    const set = random.chance(0.5)
      ? random.pick(NETWORKS)
      : `[${random.times(1, 3, () => random.pick(NETWORKS)).join(", ")}]`;
    return node("boolean", "(", address, `) ${random.pick(["in", "not in"])} ${set}`);
  }

  #address(depth: number): Node {
    const literal = leaf("address", this.#random.pick(ADDRESSES));
    const name = this.#name("address");
    if (this.#random.chance(0.15)) return this.#madeAddress(depth - 1);
    if (name === undefined || this.#random.chance(0.1)) return literal;
    if (depth <= 0 || this.#random.chance(0.6)) return name;
    return node(
      "address",
      "(",
      this.boolean(depth - 1),
      ") ? (",
      this.#address(depth - 1),
      ") : (",
      this.#address(depth - 1),
      ")",
    );
  }

  #madeAddress(depth: number): Node {
    if (this.#random.chance(0.3)) return node("address", "address(cast(", this.integer(depth), ', "sockaddr *"))');
    const v4 = node("address", "address(cast(", this.integer(depth), ', "u32"))');
    if (this.#random.chance(0.5)) return v4;
    return node("address", "address(", this.#narrow(depth), ", ", v4, ", ::1)");
  }

  string(depth: number): Node {
    const random = this.#random;
    if (depth > 0 && random.chance(0.2)) {
      return node(
        "string",
        "(",
        this.boolean(depth - 1),
        ") ? (",
        this.string(depth - 1),
        ") : (",
        this.string(depth - 1),
        ")",
      );
    }
    const name = this.#name("string") ?? leaf("string", "comm");
    if (random.chance(0.15))
      return node("string", "str(", name, `, ${String(random.pick([2, 3, 8, 17, 64, 100, 256]))})`);
    return random.chance(0.08) ? leaf("string", `"${random.pick(STRINGS)}"`) : name;
  }

  /** One of both spaces at all places of a rule: two spaces are two types. */
  #stack(depth: number): Node {
    const random = this.#random;
    const frames = random.pick(["", "", "(1)", "(8)", "(127)"]);
    if (depth > 0 && random.chance(0.15)) return node("stack", "usym(", this.integer(depth - 1), ")");
    if (depth > 0 && random.chance(0.15)) {
      return node("stack", "(", this.boolean(depth - 1), `) ? kstack : kstack${frames}`);
    }
    return leaf("stack", `${random.pick(["kstack", "ustack"])}${frames}`);
  }

  #bytes(depth: number): Node {
    const random = this.#random;
    const from = node("bytes", "buf(cast(", this.integer(depth - 1), ', "task_struct *"), ');
    if (random.chance(0.5)) return node("bytes", from, `${String(random.pick([1, 7, 8, 16, 64, 200]))})`);
    return node("bytes", from, this.integer(depth - 1), `, ${String(random.pick([1, 8, 33, 128]))})`);
  }

  /** Something that may stand beside a value of `kind`. */
  #sameSign(kind: Kind, depth: number): Node {
    const random = this.#random;
    if (random.chance(0.3)) return leaf("narrow", random.pick(INTEGERS));
    return this.make(random.chance(0.3) ? "narrow" : kind, depth);
  }

  #narrow(depth: number): Node {
    const random = this.#random;
    if (depth <= 0) return this.#name("narrow") ?? leaf("narrow", "pid");
    const deeper = depth - 1;
    switch (random.between(0, 12)) {
      case 12:
        return this.#fromMemory(deeper);
      case 8:
        return node("narrow", "len(", this.string(deeper), ")");
      case 9:
        return node("narrow", random.pick(NAMING), this.integer(deeper), ")");
      case 10:
        return leaf("narrow", random.pick(FROM_TYPES));
      case 11:
        return node("narrow", "cast(least(", this.#narrow(deeper), ", ", this.#narrow(deeper), '), "u32")');
      case 0:
        return node(
          "narrow",
          "cast(",
          this.integer(deeper),
          `, "${random.pick(["u8", "u16", "u32", "unsigned int"])}")`,
        );
      case 1:
        return node("narrow", random.pick(["ntohs(", "ntohl("]), this.integer(deeper), ")");
      case 2:
        return node(
          "narrow",
          "(",
          this.#narrow(deeper),
          `) ${random.pick(["/", "%", "&", "|", "^"])} (`,
          this.#narrow(deeper),
          ")",
        );
      case 3:
        return node("narrow", "(", this.#narrow(deeper), `) >> (`, this.integer(deeper), ")");
      case 4:
        return node(
          "narrow",
          "(",
          this.boolean(deeper),
          ") ? (",
          this.#narrow(deeper),
          ") : (",
          this.#narrow(deeper),
          ")",
        );
      case 5:
        return node("narrow", "args.no_such_field ?? (", this.#narrow(deeper), ")");
      default:
        return this.#name("narrow") ?? leaf("narrow", "pid");
    }
  }

  /** An access to an address that is any number. */
  #fromMemory(depth: number): Node {
    const random = this.#random;
    const at = this.integer(depth);
    const into = random.pick(["kptr(", "uptr("]);
    return random.pick([
      node("narrow", "port(cast(", at, ', "sockaddr *"))'),
      node("narrow", into, "cast(", at, ', "task_struct *")).flags'),
      node("narrow", "container_of(", into, "cast(", at, ', "u64")), "task_struct", "tasks").flags'),
    ]);
  }

  #wide(kind: "signed" | "unsigned", depth: number): Node {
    const random = this.#random;
    const type = kind === "signed" ? random.pick(["s64", "s32", "s8", "s16"]) : "u64";
    if (depth <= 0) return this.#name(kind) ?? leaf(kind, `cast(pid, "${type}")`);
    const deeper = depth - 1;
    switch (random.between(0, 10)) {
      case 9:
        return node(
          kind,
          random.pick(["least(", "greatest("]),
          this.#wide(kind, deeper),
          ", ",
          this.#sameSign(kind, deeper),
          ")",
        );
      case 10:
        return kind === "signed"
          ? node(kind, random.pick(["abs(", "errno("]), this.#wide(kind, deeper), ")")
          : node(kind, random.pick(["bswap(", "ksym("]), this.#wide(kind, deeper), ")");
      case 0:
        return node(kind, "cast(", this.integer(deeper), `, "${type}")`);
      case 1:
        return kind === "signed"
          ? node(kind, "-(", this.integer(deeper), ")")
          : node(kind, "~(", this.#wide(kind, deeper), ")");
      case 2:
        return node(
          kind,
          "(",
          this.boolean(deeper),
          ") ? (",
          this.#wide(kind, deeper),
          ") : (",
          this.#sameSign(kind, deeper),
          ")",
        );
      case 3:
        return node(kind, "(", this.#wide(kind, deeper), `) ${random.pick(["<<", ">>"])} (`, this.integer(deeper), ")");
      case 4:
        return this.#name(kind) ?? leaf(kind, `cast(pid, "${type}")`);
      default: {
        const operator = random.pick(["+", "-", "*", "/", "%", "&", "|", "^"]);
        return node(kind, "(", this.#wide(kind, deeper), `) ${operator} (`, this.#sameSign(kind, deeper), ")");
      }
    }
  }

  #name(kind: Kind): Node | undefined {
    if (this.#random.chance(0.4)) {
      for (let attempt = 0; attempt < 4; attempt++) {
        const found = walk(this.#random, this.#names, this.#random.between(1, 5), this.#kernel);
        if (found?.[0] === kind) return leaf(kind, found[1]);
      }
    }
    const names = this.#names.of.get(kind);
    return names === undefined ? undefined : leaf(kind, this.#random.pick(names));
  }
}
