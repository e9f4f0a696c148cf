/**
 * The errors in a YAML file, independent of its content. The key is the code at the end of
 * messages.
 */
export const YAML_CODES = {
  "too-large": "The file is larger than 1 MiB, or has too many keys, values, brackets and lines.",
  "bad-encoding": "The file is not UTF-8, or contains a NUL.",
  "too-nested": "The file is nested deeper than 32 levels.",
  "yaml-syntax": "The text is not YAML.",
  "yaml-feature":
    "A tag, anchor, alias, directive, key that is a list or map, or comma: most often an expression that needs quotes.",
  "duplicate-key": "A map has the same key twice.",
  "null-value": "A key or list item has no value.",
  "unknown-key": "A map has a key that does not exist here.",
  "missing-key": "A required key is missing in a map.",
  "wrong-type": "A value has the wrong kind for its key, such as a list instead of a text.",
  "wrong-value": "A value has the right kind for its key, but is not valid there.",
  "too-many": "A list or map has too many items, or a text has too many characters, for its key.",
  "bad-name": "A name has characters that are not letters, digits or _.",
  "too-many-problems": "The file has more problems than are shown.",
} as const;

export type YamlCode = keyof typeof YAML_CODES;
