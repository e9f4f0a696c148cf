import type { Random } from "./random-rules-random.ts";

/** An expression and what it must be on the kernel. */
export interface TextValue {
  readonly text: string;
  readonly value: boolean | number;
}

/** A string that an expression gives, without its NUL. */
interface Subject {
  readonly text: string;
  readonly bytes: Buffer;
}

const PIECES = ["a", "b", "ab", "aab", "/", "-", ".", "é", "€", "*", "?", "[", "\\", "x y"];

/** Text of pieces that are likely to be found in one another. */
export function randomText(random: Random, most: number): string {
  return random.times(0, most, () => random.pick(PIECES)).join("");
}

/**
 * Makes tests of strings together with their values, which follow from what the language says of
 * them and from nothing that the compiler has.
 * @param file the value of `args.filename`
 */
export class TextValues {
  readonly #random: Random;
  readonly #file: Buffer;
  readonly #comm: Buffer;

  constructor(random: Random, file: string, comm: string) {
    this.#random = random;
    this.#file = Buffer.from(file);
    this.#comm = Buffer.from(comm);
  }

  any(): TextValue {
    const random = this.#random;
    const subject = this.#subject(2);
    switch (random.between(0, 7)) {
      case 0:
        return { text: `len(${subject.text})`, value: subject.bytes.length };
      case 1:
        return this.#compared(subject);
      case 2:
        return this.#among(subject);
      case 3:
        return this.#begins(subject);
      case 4: {
        const part = this.#partOf(subject.bytes, 62);
        return { text: `contains(${subject.text}, ${quoted(part)})`, value: subject.bytes.includes(part) };
      }
      case 5: {
        const part = this.#partOf(subject.bytes, 62);
        return {
          text: `ends_with(${subject.text}, ${quoted(part)})`,
          value: endsWith(subject.bytes, Buffer.from(part)),
        };
      }
      default: {
        const glob = this.#glob(subject.bytes);
        return { text: `glob(${subject.text}, ${quoted(glob.text)})`, value: matches(glob.steps, subject.bytes) };
      }
    }
  }

  #subject(depth: number): Subject {
    const random = this.#random;
    if (depth > 0 && random.chance(0.2)) {
      const test = random.chance(0.5);
      const [then, otherwise] = [this.#subject(depth - 1), this.#subject(depth - 1)];
      const condition = test ? "args.dfd == args.dfd" : "args.dfd != args.dfd";
      return { text: `(${condition} ? ${then.text} : ${otherwise.text})`, bytes: test ? then.bytes : otherwise.bytes };
    }
    if (random.chance(0.15)) return { text: "comm", bytes: this.#comm };
    if (random.chance(0.15)) return { text: "str(args.filename)", bytes: this.#file };
    const room = random.pick([2, 3, 9, 16, 17, 33, 64, 65, 100, 256, 300]);
    return { text: `str(args.filename, ${String(room)})`, bytes: this.#file.subarray(0, room - 1) };
  }

  #compared(subject: Subject): TextValue {
    const random = this.#random;
    const negated = random.chance(0.5);
    const other = random.chance(0.5) ? this.#subject(1) : this.#literal(subject);
    const value = subject.bytes.equals(other.bytes) !== negated;
    return { text: `${subject.text} ${negated ? "!=" : "=="} ${other.text}`, value };
  }

  #among(subject: Subject): TextValue {
    const random = this.#random;
    const items = random.times(1, 3, () => (random.chance(0.4) ? this.#subject(0) : this.#literal(subject)));
    const value = items.some(({ bytes }) => bytes.equals(subject.bytes));
    return { text: `${subject.text} in [${items.map(({ text }) => text).join(", ")}]`, value };
  }

  #begins(subject: Subject): TextValue {
    const prefix = this.#random.chance(0.5) ? this.#subject(1) : this.#literal(subject);
    const value = subject.bytes.subarray(0, prefix.bytes.length).equals(prefix.bytes);
    return { text: `starts_with(${subject.text}, ${prefix.text})`, value };
  }

  /** A literal that is like the subject. */
  #literal({ bytes }: Subject): Subject {
    const text = this.#random.chance(0.5) ? wholeText(bytes.subarray(0, 200)) : this.#partOf(bytes, 200);
    return { text: quoted(text), bytes: Buffer.from(text) };
  }

  /** Some text, mostly a part of the subject. */
  #partOf(bytes: Buffer, most: number): string {
    const random = this.#random;
    if (random.chance(0.2)) return randomText(random, 4);
    const start = random.between(0, bytes.length);
    const end = random.chance(0.3) ? bytes.length : random.between(start, bytes.length);
    return wholeText(bytes.subarray(Math.max(start, end - most), end));
  }

  /** A pattern made of the subject's characters, some of them replaced. */
  #glob(bytes: Buffer): { readonly text: string; readonly steps: readonly Step[] } {
    const random = this.#random;
    const steps: Step[] = [];
    for (const character of Array.from(wholeText(bytes.subarray(0, 40)))) {
      if (random.chance(0.1)) steps.push({ glob: "*" });
      const chance = random.next();
      const step = CHOICES.find(({ below }) => chance < below);
      if (step === undefined) steps.push(exactly(chance > 0.98 ? "b" : character));
      else if (step.glob !== "") steps.push(step);
    }
    if (random.chance(0.5)) steps.push({ glob: "*" });
    return { text: steps.map(({ glob }) => glob).join(""), steps };
  }
}

/** One step of a pattern: a star where it names no characters. */
interface Step {
  readonly glob: string;
  readonly characters?: (character: string) => boolean;
}

/** Replacements of a character with their probabilities; an empty one leaves it out. */
const CHOICES: readonly (Step & { readonly below: number })[] = [
  { below: 0.15, glob: "" },
  { below: 0.3, glob: "?", characters: () => true },
  { below: 0.4, glob: "[a-c/]", characters: (each) => /^[a-c/]$/.test(each) },
  { below: 0.5, glob: "[!b]", characters: (each) => each !== "b" },
];

function exactly(character: string): Step {
  return { glob: /[*?[\\]/.test(character) ? `\\${character}` : character, characters: (each) => each === character };
}

/** Splits bytes into characters. Bytes of a cut character stand for themselves. */
function charactersOf(bytes: Buffer): readonly string[] {
  return Array.from(bytes.toString("utf8"));
}

function matches(steps: readonly Step[], bytes: Buffer): boolean {
  const characters = charactersOf(bytes);
  let reached = new Set([0]);
  for (const { characters: takes } of steps) {
    const next = new Set<number>();
    for (const at of reached) {
      if (takes === undefined) for (let to = at; to <= characters.length; to++) next.add(to);
      else if (at < characters.length && takes(characters[at] ?? "")) next.add(at + 1);
    }
    reached = next;
  }
  return reached.has(characters.length);
}

function endsWith(bytes: Buffer, suffix: Buffer): boolean {
  return bytes.length >= suffix.length && bytes.subarray(bytes.length - suffix.length).equals(suffix);
}

/** The characters that are whole. */
function wholeText(bytes: Buffer): string {
  return bytes.toString("utf8").replaceAll("\uFFFD", "");
}

function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
