import type { TracepointFormat, TracepointName } from "../kernel.ts";
import { readFieldDeclaration, type FieldDeclaration } from "./field-declaration.ts";
import { fieldOf } from "./field-form.ts";
import type { FormatNames } from "./format-names.ts";
import { readPrintFormat } from "./print-format.ts";

/**
 * Reads a tracefs `events/CATEGORY/NAME/format` file. `names` gives the meaning of the types and
 * enumerators that it mentions. Returns undefined if the text has no `ID:` line, which every such
 * file has.
 */
export function parseFormat(
  text: string,
  tracepoint: TracepointName,
  names: FormatNames,
): TracepointFormat | undefined {
  const id = /^ID: (\d+)$/m.exec(text)?.[1];
  if (id === undefined) return undefined;
  const printed = readPrintFormat(/^print fmt: (.*)$/ms.exec(text)?.[1] ?? "");
  const declared = text.split("\n").flatMap((line) => readFieldDeclaration(line) ?? []);
  const fields = declared
    .filter((declaration) => isInContext(declaration, tracepoint))
    .map((declaration) =>
      fieldOf(declaration, {
        names,
        printed: printed.get(declaration.name) ?? {},
        systemCall: isArgument(declaration, tracepoint),
      }),
    );
  return { category: tracepoint.category, name: tracepoint.name, id: Number(id), fields };
}

/**
 * True if programs can read the field. They must not read the `common_*` fields. A system call's
 * program gets its number and arguments only. Newer kernels append copies of user strings to the
 * record (`__data_loc`), and programs do not get them (perf_call_bpf_enter in
 * kernel/trace/trace_syscalls.c).
 */
function isInContext(declaration: FieldDeclaration, { category }: TracepointName): boolean {
  if (declaration.name.startsWith("common_")) return false;
  return category !== "syscalls" || declaration.located === undefined;
}

/**
 * True for the arguments of `sys_enter_*`. The kernel makes `__syscall_nr`, and the `ret` of
 * `sys_exit_*`.
 */
function isArgument(declaration: FieldDeclaration, { category, name }: TracepointName): boolean {
  return category === "syscalls" && name.startsWith("sys_enter_") && declaration.name !== "__syscall_nr";
}
