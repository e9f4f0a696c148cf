import type { Span } from "../source/source.ts";
import type { HelperName } from "./helper-function.ts";
import { HELPER_FUNCTIONS } from "./helper-function.ts";
import { FIRST_VIRTUAL, R0, R1, call, fitsImmediate, immediate, move, wide } from "./instruction.ts";
import type { Instruction, Label, Operand, Register } from "./instruction.ts";

/** An instruction and its purpose. `cold` ones are on paths that are not expected to run. */
export interface IrInstruction {
  readonly instruction: Instruction;
  readonly cold: boolean;
  readonly span?: Span;
  readonly comment?: string;
}

/** Collects the instructions of one program: a hot stream, and cold blocks that come after it. */
export class Emitter {
  readonly #hot: IrInstruction[] = [];
  readonly #cold: IrInstruction[][] = [];
  #current = this.#hot;
  #span: Span;
  #comment: string | undefined;
  #registers = FIRST_VIRTUAL;
  #labels = 0;

  constructor(span: Span) {
    this.#span = span;
  }

  register(): Register {
    return this.#registers++;
  }

  label(hint: string): Label {
    return `${hint}_${String(this.#labels++)}`;
  }

  emit(...instructions: readonly Instruction[]): void {
    for (const instruction of instructions) {
      const cold = this.#current !== this.#hot;
      const note = this.#comment === undefined ? {} : { comment: this.#comment };
      this.#current.push({ instruction, cold, span: this.#span, ...note });
      this.#comment = undefined;
    }
  }

  place(label: Label): void {
    this.emit({ kind: "label", label });
  }

  /** Sets the comment of the next instruction. */
  comment(text: string): void {
    this.#comment = text;
  }

  /** Marks the instructions that `body` emits as coming from `span`. */
  at<Result>(span: Span, body: () => Result): Result {
    const outer = this.#span;
    this.#span = span;
    const result = body();
    this.#span = outer;
    return result;
  }

  /**
   * Emits a block after the hot stream, entered at the returned label; `body` must leave it by a
   * jump.
   */
  cold(hint: string, body: () => void): Label {
    const label = this.label(hint);
    const outer = this.#current;
    this.#current = [];
    this.#cold.push(this.#current);
    this.place(label);
    body();
    this.#current = outer;
    return label;
  }

  /** Returns a new register with a copy of `source`. */
  copy(source: Operand): Register {
    const target = this.register();
    this.emit(move(target, source));
    return target;
  }

  /** Returns a new register with a constant. */
  constant(value: bigint): Register {
    const target = this.register();
    const short = fitsImmediate(value);
    this.emit(short ? move(target, immediate(Number(BigInt.asIntN(64, value)))) : wide(target, value));
    return target;
  }

  /**
   * Calls a helper. Each argument is an operand, or a function that puts it into the given
   * register.
   */
  call(helper: HelperName, ...args: readonly (Operand | ((target: Register) => void))[]): void {
    if (args.length !== HELPER_FUNCTIONS[helper].arguments) throw new Error(`wrong argument count for ${helper}`);
    args.forEach((arg, index) => {
      if (typeof arg === "function") arg(R1 + index);
      else this.emit(move(R1 + index, arg));
    });
    this.emit(call(helper));
  }

  /** Calls a helper and returns a register with its result. */
  callFor(helper: HelperName, ...args: readonly (Operand | ((target: Register) => void))[]): Register {
    this.call(helper, ...args);
    return this.copy(R0);
  }

  /** Calls an own function of the program and returns a register with its result. */
  callOwn(name: string, ...args: readonly Operand[]): Register {
    args.forEach((arg, index) => {
      this.emit(move(R1 + index, arg));
    });
    this.emit({ kind: "call-own", function: name, arguments: args.length });
    return this.copy(R0);
  }

  finish(): readonly IrInstruction[] {
    return [...this.#hot, ...this.#cold.flat()];
  }
}
