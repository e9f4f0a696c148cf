/** What JSON leaves as it is although it moves a cursor or reorders text; within JSON it can only stand in strings. */
const UNESCAPED = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** JSON on one line, of visible characters only. */
export function jsonLine(value: object): string {
  const json = JSON.stringify(value);
  return VISIBLE_ASCII.test(json) ? json : json.replace(UNESCAPED, asEscape);
}

/** Most lines are, which is quickly seen: JSON has no control characters. */
const VISIBLE_ASCII = /^[ -~]*$/;

const asEscape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
