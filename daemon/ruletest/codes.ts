/** The errors in a rule test beyond YAML and the form of values. */
export const TEST_CODES = {
  "no-expectation": "A test has no expectation, so it could never fail.",
  "no-input": "A test has neither signals nor events.",
  "bad-event": "An event has a value for an invalid expression, or lacks a value that its rule needs.",
  "bad-series": "A series has an invalid value, or too many values.",
  "bad-time": "A time is not a tick at which rules are judged, or is too late.",
  "unknown-signal": "A test has values for a signal that its rule does not have.",
  "wrong-probe": "An event happens at a probe that its rule does not have.",
  "wrong-label": "A key of a test lacks a label of its rule's by, or has a label that is not in by.",
  "unknown-rule": "A test names a rule that is not in its rule file, or does not name one of several rules.",
  "no-rule-file": "A test file has no rule file, or a rule file has no test file, in the same folder.",
} as const;

export type TestCode = keyof typeof TEST_CODES;
