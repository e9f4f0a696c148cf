/**
 * Reasons why a correct rule was not loaded into the kernel. The key is the code at the end of
 * messages.
 */
export const LOAD_CODES = {
  "verifier-rejected":
    "The kernel's verifier refused the compiled rule: a bug of bpfwarden, or too many ways through the rule.",
  "over-memory": "The rule would take more kernel memory than one rule may.",
  "load-failed": "The kernel refused a map, a program or an attachment.",
  "internal-error": "Compiling or loading the rule failed with an unexpected error: a bug of bpfwarden.",
} as const;

export type LoadCode = keyof typeof LOAD_CODES;
