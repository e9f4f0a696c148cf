/** Every code that the checker reports, with the sentence that documentation shows for it. */
export const CHECK_CODES = {
  "unknown-probe": "The probe does not exist on this kernel or in this file.",
  "unknown-probe-kind": "What stands before the first colon of a probe is no probe kind.",
  "bad-probe": "The probe is not spelled as its kind asks.",
  "no-probe-exists": "None of the alternatives of a probe exists on this host.",
  "unknown-name": "The name is none of the builtins, bound names, enumerators and macros.",
  "unknown-field": "The tracepoint, or the kernel's type, has no such field.",
  "unknown-type": "The kernel's BTF has no such type.",
  "unknown-function": "There is no function of this name.",
  "bad-argument-count": "A function is called with too few or too many arguments.",
  "bad-argument": "An argument is not of the form that the function takes.",
  "not-available": "The name exists, but not at this probe or not on this kernel.",
  "type-mismatch": "An operand is not of the type that its operator, function or place takes.",
  "sign-mismatch": "An unsigned 64-bit value is compared or combined with a signed one.",
  "duration-mismatch": "A duration is compared or added with a number that is none.",
  "user-space-only": "Decimals, percentages and real division exist in thresholds and `let`, not in the kernel.",
  "number-too-large": "An integer does not fit in 64 bits.",
  "constant-filter": "A filter is always false, or compares with a text that is longer than the other can be.",
  "not-an-aggregate": "What is aggregated must be a call of an aggregate function.",
  "misplaced-aggregate": "An aggregate function stands where a value is expected.",
  "bad-column": "A value of this type cannot be a column of `by` or `event`.",
  oversized: "A key, a record, a compared text or the whole program is larger than the kernel takes.",
  "duplicate-name": "Two things of one rule have the same name.",
  "circular-name": "A name of `with` is made of itself.",
  "nothing-to-do": "A rule without an aggregate and without `event` would do nothing.",
} as const;

export type CheckCode = keyof typeof CHECK_CODES;
