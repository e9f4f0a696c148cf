import { checkProgram } from "../../bpf/check/check-program.ts";
import type { CheckedProgram } from "../../bpf/check/checked-program.ts";
import { compileProgram, compileStages } from "../../bpf/compile/compile-program.ts";
import { disassemble, printIr } from "../../bpf/compile/disassemble.ts";
import { encodeElf } from "../../bpf/elf/encode-elf.ts";
import { planAhead, wakingProgram } from "../evaluate/ahead/ahead-plan.ts";
import { checkFormulas } from "../evaluate/formula/check-formulas.ts";
import type { Kernel } from "../../bpf/kernel/kernel.ts";
import type { Checked } from "../../bpf/source/diagnostic.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";
import { printSyntax } from "./print-syntax.ts";

/** The result of one stage of the compiler, as text for people or bytes for tools. */
export type Emitted = string | Uint8Array;

type Emit = (rule: RuleSyntax, kernel: Kernel) => Checked<Emitted>;

/** The stages for `--emit=`, each with its result. */
export const EMITS = {
  ast: ({ program }) => ({ result: printSyntax(program), diagnostics: [] }),
  typed: fromChecked((program) => printSyntax(program)),
  ir: fromChecked((program, kernel) => printIr(compileStages(program, kernel))),
  asm: fromChecked((program, kernel) => disassemble(compileStages(program, kernel))),
  elf: fromChecked((program, kernel) => encodeElf(compileProgram(program, kernel))),
} as const satisfies Readonly<Record<string, Emit>>;

export type Stage = keyof typeof EMITS;

function fromChecked(emit: (program: CheckedProgram, kernel: Kernel) => Emitted): Emit {
  return (rule, kernel) => {
    const { result, diagnostics } = checkProgram(rule.program, kernel);
    if (result === undefined) return { diagnostics };
    const { result: formulas } = checkFormulas(rule, result.aggregates, kernel);
    const program =
      formulas === undefined ? result : wakingProgram(result, planAhead(rule, formulas, result.aggregates));
    return { result: emit(program, kernel), diagnostics };
  };
}
