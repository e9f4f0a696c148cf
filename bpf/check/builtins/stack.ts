import type { Builtin } from "./builtin.ts";
import { kernelStack, userStack } from "../stacks.ts";

/**
 * Call stacks at their full depth. The functions of the same name, such as `kstack(8)`, take the
 * number of frames.
 */
export const STACK: readonly Builtin[] = [
  {
    name: "kstack",
    doc: "The kernel's call stack, innermost frame first; `kstack(8)` is its first 8 frames.",
    lower: (scope, span) => kernelStack(scope, span),
  },
  {
    name: "ustack",
    doc: "The call stack of the process, by its frame pointers; `ustack(8)` is its first 8 frames.",
    lower: (scope, span) => userStack(scope, span),
  },
];
