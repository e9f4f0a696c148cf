/** What can be wrong with a rule test beyond YAML and the form of its values. */
export const TEST_CODES = {
  "no-expectation": "A test expects nothing: it could never fail.",
  "no-input": "A test has neither signals nor events.",
  "bad-event": "An event gives a value of something that is no expression, or lacks one that its rule needs.",
  "bad-series": "A series has something that is no value, or more values than are taken.",
  "bad-time": "A time is none of the ticks at which rules are judged, or is too far away.",
  "unknown-signal": "A test has values of a signal that its rule does not have.",
  "wrong-probe": "An event happens at a probe that is none of its rule's.",
  "wrong-label": "A key of a test lacks a label of its rule's by, or has another one.",
  "unknown-rule": "A test is of a rule that the file beside it does not have, or of several one is not chosen.",
  "no-rule-file": "There is no rule file beside a test file, or no test file beside a rule file.",
} as const;

export type TestCode = keyof typeof TEST_CODES;
