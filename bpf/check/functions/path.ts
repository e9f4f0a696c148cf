import { resolve } from "../../kernel/btf/resolve.ts";
import { pathLayout } from "../builtins/path-layout.ts";
import { describe } from "../describe.ts";
import { RECORD_STRING_BYTES } from "../limits.ts";
import { addressOf, detached, readField } from "../places.ts";
import type { Scope } from "../scope.ts";
import { ERROR, stringTerm, type Term } from "../term.ts";
import type { Scalar } from "../typed-expression.ts";
import { argument, type LanguageFunction } from "./function.ts";

interface Start {
  readonly from: "path" | "dentry";
  readonly address: Scalar;
}

export const PATH: LanguageFunction = {
  name: "path",
  usage: "path(file)",
  doc:
    "The path of a `struct file`, `path` or `dentry`; for a dentry only from the root of its file system. Up to 64 names, and " +
    "4,096 bytes in events, 256 in keys. A file without a folder is shown as in `/proc/PID/fd`: `pipe:[4711]`, " +
    "`/memfd:NAME (deleted)`.",
  least: 1,
  most: 1,
  check(call, scope, check) {
    const expression = argument(call, 0);
    const term = check(expression, scope);
    if (term.form === "error") return ERROR;
    const start = startOf(term, scope);
    const layout = pathLayout(scope.kernel.btf);
    if (layout === undefined) {
      const message = "this kernel's BTF does not describe paths";
      scope.reporter.error("not-available", call.calleeSpan, message);
      return ERROR;
    }
    if (start === undefined) {
      const message = `expected a struct file, path or dentry, or a pointer to one, found ${describe(term, scope.kernel.btf)}`;
      const help = 'write path(cast(x, "file")) if it is the address of one';
      scope.reporter.error("type-mismatch", expression.span, message, help);
      return ERROR;
    }
    return stringTerm({ op: "path", ...start, layout, bytes: RECORD_STRING_BYTES }, "text", true);
  },
};

function startOf(term: Term, scope: Scope): Start | undefined {
  const { btf } = scope.kernel;
  const id = structId(term);
  const { type } = resolve(btf, id ?? 0);
  if (type.kind !== "struct") return undefined;
  if (type.name === "file") {
    const path = readField(btf, term, "f_path");
    return path?.form === "place" ? { from: "path", address: addressOf(path) } : undefined;
  }
  if (type.name !== "path" && type.name !== "dentry") return undefined;
  if (term.form === "place") return { from: type.name, address: addressOf(term) };
  return term.form === "scalar" ? { from: type.name, address: detached(term.scalar) } : undefined;
}

function structId(term: Term): number | undefined {
  if (term.form === "place") return term.type.type;
  return term.form === "scalar" && term.type.kind === "pointer" ? term.type.to : undefined;
}
