/** What can be wrong with rule files beyond YAML and the form of their values. The key is the code that messages end with. */
export const RULE_CODES = {
  "conflicting-keys": "Two keys exclude each other, such as probe and signals.",
  "key-without-effect": "A key means nothing without another that is not there, such as for without threshold.",
  "reserved-name": "A label or by column has a name that alerts use themselves, or a name is a word of the language.",
  "duplicate-name": "Two things of one rule have the same name.",
  "duplicate-rule": "Two rules have the same name.",
  "unknown-action": "A rule names an action that the settings do not have.",
  "bad-template": "A summary is no Liquid template, or uses a name that alerts of its rule do not have.",
} as const;

export type RuleCode = keyof typeof RULE_CODES;

/** What can be wrong with a file before it is read. */
export const FILE_CODES = {
  "unsafe-file": "A file or folder can be written by others than root, or belongs to someone else.",
  "no-rules": "A folder has no rules, but files that look like some.",
  "unreadable-file": "A file or folder cannot be read, or is no regular file.",
} as const;

export type FileCode = keyof typeof FILE_CODES;
