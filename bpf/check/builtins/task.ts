import type { Span } from "../../source/source.ts";
import { conditional, constant } from "../constant-fold.ts";
import { currentTask, walk } from "../current-task.ts";
import { RECORD_STRING_BYTES } from "../limits.ts";
import { addressOf, charactersAsString, detached, readField } from "../places.ts";
import type { Scope } from "../scope.ts";
import { ERROR, scalarTerm, stringTerm, wholeString, type IntegerType, type Term } from "../term.ts";
import type { Meaning } from "../type.ts";
import type { Bytes, Scalar } from "../typed-expression.ts";
import type { Builtin } from "./builtin.ts";
import { pathLayout } from "./path-layout.ts";

function absent(name: string, why: string, scope: Scope, span: Span): Term {
  scope.reporter.error("not-available", span, `this kernel has no "${name}": ${why}`);
  return ERROR;
}

/**
 * Returns the builtin of an integer at a path from the task. It has the width and the sign that the
 * kernel's types say.
 *
 * @param why why a kernel may lack the path
 * @param other what the type says instead
 */
function integerAt(
  name: string,
  path: string,
  doc: string,
  why: string,
  other: Partial<Pick<IntegerType, "signed" | "meaning">> = {},
): Builtin {
  return {
    name,
    doc,
    lower(scope, span) {
      const term = walk(scope, path);
      if (term?.form !== "scalar" || term.type.kind !== "integer") return absent(name, why, scope, span);
      return scalarTerm({ ...term.type, ...other }, term.scalar);
    },
  };
}

const EMPTY: Bytes = { op: "literal", value: new Uint8Array(1), bytes: 1 };

/**
 * Returns no text if a pointer on the way is null. That is not an error: kernel threads have no
 * memory, daemons no terminal.
 */
function unlessNull(pointer: Scalar, then: Bytes): Bytes {
  return { op: "choose", test: notNull(pointer), then, otherwise: EMPTY, bytes: then.bytes };
}

function notNull(pointer: Scalar): Scalar {
  return { op: "binary", operator: "!=", signed: false, left: pointer, right: constant(0n) };
}

/** Returns a pointer at a path from the task, bound to a variable, since it is used twice. */
function sharedPointer(scope: Scope, path: string, span: Span): Term | undefined {
  const term = walk(scope, path);
  if (term?.form !== "scalar" || term.type.kind !== "pointer") return undefined;
  return { ...term, type: { ...term.type, direct: false }, scalar: scope.share(detached(term.scalar), span) };
}

function pathAt(scope: Scope, pointer: Term, field: string): Bytes | undefined {
  const layout = pathLayout(scope.kernel.btf);
  const place = readField(scope.kernel.btf, pointer, field);
  if (layout === undefined || place?.form !== "place") return undefined;
  return { op: "path", from: "path", address: addressOf(place), layout, bytes: RECORD_STRING_BYTES };
}

function lowerTty(scope: Scope, span: Span): Term {
  const { btf } = scope.kernel;
  const tty = sharedPointer(scope, "signal.tty", span);
  const name = tty && charactersAsString(btf, readField(btf, tty, "name") ?? ERROR, "tty");
  if (tty?.form !== "scalar" || name?.form !== "bytes")
    return absent("tty", "it is built without CONFIG_TTY", scope, span);
  return wholeString(unlessNull(tty.scalar, name.bytes), "tty");
}

function lowerCwd(scope: Scope, span: Span): Term {
  const fs = sharedPointer(scope, "fs", span);
  const path = fs && pathAt(scope, fs, "pwd");
  if (fs?.form !== "scalar" || path === undefined) return absent("cwd", "its BTF does not describe paths", scope, span);
  return stringTerm(unlessNull(fs.scalar, path), "text", true);
}

function lowerExe(scope: Scope, span: Span): Term {
  const { btf } = scope.kernel;
  const mm = sharedPointer(scope, "mm", span);
  const file = mm && readField(btf, mm, "exe_file");
  if (mm?.form !== "scalar" || file?.form !== "scalar")
    return absent("exe", "its BTF does not describe paths", scope, span);
  const scalar = scope.share(conditional(notNull(mm.scalar), file.scalar, constant(0n)), span);
  const path = pathAt(scope, { ...file, scalar }, "f_path");
  if (path === undefined) return absent("exe", "its BTF does not describe paths", scope, span);
  return stringTerm(unlessNull(scalar, path), "text", true);
}

/**
 * AUDIT_UID_UNSET and AUDIT_SID_UNSET of include/uapi/linux/audit.h. ausearch(8) writes "unset"
 * too.
 */
const UNSET: Meaning = { kind: "names", names: new Map([[0xffffffffn, "unset"]]) };
const AUDIT = "it is built without CONFIG_AUDIT";

/** Values that are read from the `task_struct` of the running thread. */
export const TASK: readonly Builtin[] = [
  {
    name: "task",
    doc: "The running thread as a `struct task_struct`; `.` reads its fields.",
    lower: (scope, span) => currentTask(scope) ?? absent("task", "its BTF does not describe it", scope, span),
  },
  integerAt(
    "ppid",
    "real_parent.tgid",
    "Process id of the parent in the initial namespace.",
    "its BTF does not describe it",
    // `pid_t` is signed, but no process id is negative: so it is of the type of `pid`.
    { signed: false },
  ),
  integerAt(
    "loginuid",
    "loginuid.val",
    "The user who logged in, also after `su`; `unset` (4294967295) without a login.",
    AUDIT,
    { meaning: UNSET },
  ),
  integerAt("sessionid", "sessionid", "Audit session id; `unset` (4294967295) without a session.", AUDIT, {
    meaning: UNSET,
  }),
  {
    name: "pcomm",
    doc: "Name of the parent, at most 15 bytes.",
    lower(scope, span) {
      const name = charactersAsString(scope.kernel.btf, walk(scope, "real_parent.comm") ?? ERROR);
      return name.form === "bytes" ? name : absent("pcomm", "its BTF does not describe it", scope, span);
    },
  },
  { name: "tty", doc: "Controlling terminal such as `pts/3`; empty without one.", lower: lowerTty },
  {
    name: "cwd",
    doc: "Working directory, from the root of the mount namespace; ` (deleted)` follows if it was deleted.",
    lower: lowerCwd,
  },
  {
    name: "exe",
    doc: "Path of the executable, as `/proc/PID/exe` shows it; empty for kernel threads.",
    lower: lowerExe,
  },
];
