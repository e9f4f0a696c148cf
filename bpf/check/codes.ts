/** Every code that the checker reports, with the sentence that documentation shows for it. */
export const CHECK_CODES = {
  "unknown-probe": "The probe does not exist on this kernel or in this file.",
  "unknown-probe-kind": "The word before the first colon of a probe is not a probe kind.",
  "bad-probe": "The probe is not written as its kind requires.",
  "left-out": "A pattern matches functions that cannot be probed, beside others that can.",
  "no-probe-exists": "None of the alternatives of a probe exists on this host.",
  "unknown-name": "The name is not a builtin, a bound name, an enumerator or a macro.",
  "unknown-field": "The tracepoint, or the kernel's type, has no such field.",
  "unknown-type": "The kernel's BTF has no such type.",
  "ambiguous-type":
    "Several types, or numbers, of the kernel's BTF have this name, and they differ in what the rule uses.",
  "unknown-function": "There is no function of this name.",
  "bad-argument-count": "A function is called with too few or too many arguments.",
  "bad-argument": "An argument is not of the form that the function takes.",
  "not-available": "The name exists, but not at this probe or not on this kernel.",
  "type-mismatch": "An operand is not of the type that its operator, function or place takes.",
  "sign-mismatch": "An unsigned 64-bit value is compared or combined with a signed one.",
  "empty-range": "The end of a range is below its start, so that the range is empty.",
  "duration-mismatch": "A duration is compared with, or added to, a number that is not a duration.",
  "user-space-only": "Decimals, percentages and real division exist in thresholds and `let`, not in the kernel.",
  "number-too-large": "An integer does not fit in 64 bits.",
  "constant-filter":
    "A filter is always false or always true, or compares with a text that is longer than the other can be.",
  "not-an-aggregate": "The value of `aggregate` must be a call of an aggregate function.",
  "misplaced-aggregate": "An aggregate function is used where a value is expected.",
  "bad-column": "A value of this type cannot be a column of `by` or `event`.",
  oversized: "A key, a record, a compared text or the whole program is larger than the kernel takes.",
  "duplicate-name": "Two things of one rule have the same name.",
  "circular-name": "A name of `with` is defined by itself.",
  "nothing-to-do": "A rule without an aggregate and without `event` would do nothing.",
} as const;

export type CheckCode = keyof typeof CHECK_CODES;
