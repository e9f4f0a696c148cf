/** What can be wrong with a YAML file as such, whatever it holds. The key is the code that messages end with. */
export const YAML_CODES = {
  "too-large": "The file is larger than 1 MiB, or is hardly anything but YAML signs and line ends.",
  "bad-encoding": "The file is not UTF-8, or has a NUL in it.",
  "too-nested": "The file is nested deeper than 32 levels.",
  "yaml-syntax": "The text is not YAML.",
  "yaml-feature":
    "A tag, anchor, alias, directive, key that is a list or map, or comma: most often an expression that needs quotes.",
  "duplicate-key": "A key stands twice in one map.",
  "null-value": "A key or list item has no value.",
  "unknown-key": "A map has a key that means nothing there.",
  "missing-key": "A map lacks a key that it must have.",
  "wrong-type": "A value is of another kind than its key takes, such as a list for a text.",
  "wrong-value": "A value is of the right kind, but not one that its key takes.",
  "too-many": "A list or map has more items, or a text more characters, than its key takes.",
  "bad-name": "A name has other characters than letters, digits and _.",
  "too-many-problems": "The file has more problems than are shown.",
} as const;

export type YamlCode = keyof typeof YAML_CODES;
