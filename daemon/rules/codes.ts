/**
 * The errors in rule files beyond YAML and the form of values. The key is the code at the end of
 * messages.
 */
export const RULE_CODES = {
  "conflicting-keys": "Two keys exclude each other, such as probe and signals.",
  "key-without-effect": "A key has no effect without another key that is missing, such as for without threshold.",
  "reserved-name":
    "A label or by column has a name that alerts use themselves, or a name is a keyword of the expression language.",
  "duplicate-name": "Two things of one rule have the same name.",
  "duplicate-rule": "Two rules have the same name.",
  "no-such-rule": "A drop-in changes a rule that its file does not have.",
  "unknown-action": "A rule names an action that the settings do not define.",
  "bad-template": "A summary is not a valid Liquid template, or uses a name that alerts of its rule do not have.",
} as const;

export type RuleCode = keyof typeof RULE_CODES;

/** The errors in a file before it is read. */
export const FILE_CODES = {
  "unsafe-file": "Users other than root can write a file or folder, or it belongs to another user.",
  "no-rules": "A folder has no rules, but has files that look like rules.",
  "empty-file": "A rule file has no byte of text, as after a write that failed.",
  "unreadable-file": "A file or folder cannot be read, or is not a regular file.",
} as const;

export type FileCode = keyof typeof FILE_CODES;
