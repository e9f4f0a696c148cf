import type { TracepointFormat, TracepointName } from "../kernel.ts";
import { readFieldDeclaration, type FieldDeclaration } from "./field-declaration.ts";
import { fieldOf } from "./field-form.ts";
import type { FormatNames } from "./format-names.ts";
import { readPrintFormat } from "./print-format.ts";

/**
 * Reads a tracefs `events/CATEGORY/NAME/format` file. `names` gives a meaning to the types and enumerators that it mentions. Undefined
 * where the text has no `ID:` line, which every such file has.
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
 * Programs must not read the `common_*` fields. A system call's program is given its number and arguments only, so that copies of
 * user strings that newer kernels append to the record (`__data_loc`) are not there (perf_call_bpf_enter in
 * kernel/trace/trace_syscalls.c).
 */
function isInContext(declaration: FieldDeclaration, { category }: TracepointName): boolean {
  if (declaration.name.startsWith("common_")) return false;
  return category !== "syscalls" || declaration.located === undefined;
}

/** The arguments of `sys_enter_*`; `__syscall_nr` and the `ret` of `sys_exit_*` are of the kernel's making. */
function isArgument(declaration: FieldDeclaration, { category, name }: TracepointName): boolean {
  return category === "syscalls" && name.startsWith("sys_enter_") && declaration.name !== "__syscall_nr";
}
