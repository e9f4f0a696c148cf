import { resolve } from "../../kernel/btf/resolve.ts";
import { binary, constant } from "../constant-fold.ts";
import { MOST_ARGUMENTS, RECORD_STRING_BYTES } from "../limits.ts";
import { detached, readField } from "../places.ts";
import type { Scope } from "../scope.ts";
import { currentTask } from "../current-task.ts";
import { ERROR, stringTerm } from "../term.ts";
import type { Scalar } from "../typed-expression.ts";
import { constantArgument } from "./constant-argument.ts";
import type { LanguageFunction } from "./function.ts";

const DEFAULT_COUNT = 64;

export const ARGV: LanguageFunction = {
  name: "argv",
  usage: "argv([count])",
  doc:
    "The arguments of the process, joined by spaces: at most `count` of them (64 by default), and 4,096 bytes in events, 256 in " +
    "keys. At a probe with a field `argv`, such as the entry of execve(2): the arguments of the new program.",
  least: 0,
  most: 1,
  check(call, scope, check) {
    const [first] = call.arguments;
    const range = { least: 1, most: MOST_ARGUMENTS, noun: "arguments" };
    const count = first === undefined ? DEFAULT_COUNT : constantArgument(first, range, scope, check);
    if (count === undefined) return ERROR;
    const address = passed(scope) ?? own(scope);
    if (address === undefined) {
      scope.reporter.error("not-available", call.calleeSpan, "this kernel's BTF does not say where arguments are");
      return ERROR;
    }
    return stringTerm({ op: "arguments", address, count, bytes: RECORD_STRING_BYTES }, "text", true);
  },
};

/** Returns the array of pointers that execve(2) is called with. */
function passed({ probe, kernel }: Scope): Scalar | undefined {
  const argv = probe.context.fields.get("argv");
  if (typeof argv !== "object" || argv.form !== "scalar" || argv.type.kind !== "pointer") return undefined;
  return resolve(kernel.btf, argv.type.to).type.kind === "pointer" || argv.type.space === "user"
    ? argv.scalar
    : undefined;
}

/**
 * Returns the place of the process's own arguments. The bottom of a new program's stack has their
 * number, and pointers to them (create_elf_tables in fs/binfmt_elf.c).
 */
function own(scope: Scope): Scalar | undefined {
  const { btf } = scope.kernel;
  const task = currentTask(scope);
  const mm = task && readField(btf, task, "mm");
  const stack = mm && readField(btf, mm, "start_stack");
  return stack?.form === "scalar" ? binary("+", false, detached(stack.scalar), constant(8n)) : undefined;
}
