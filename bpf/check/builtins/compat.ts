import { binary, constant } from "../constant-fold.ts";
import { isCompat } from "../records/from-system-call.ts";
import { booleanTerm, ERROR } from "../term.ts";
import type { Builtin } from "./builtin.ts";

/**
 * Distinguishes the system calls of 32-bit programs from those of 64-bit ones, at probes that all
 * calls pass.
 */
export const COMPAT: readonly Builtin[] = [
  {
    name: "compat",
    doc: "True in a 32-bit system call (on arm64: in a 32-bit program). Its numbers are those of another table.",
    lower(scope, span) {
      const bits = isCompat(scope.kernel);
      if (bits !== undefined) return booleanTerm(binary("!=", false, bits, constant(0n)));
      const message = 'this kernel has no "compat": its BTF does not describe the state of threads';
      scope.reporter.error("not-available", span, message);
      return ERROR;
    },
  },
];
