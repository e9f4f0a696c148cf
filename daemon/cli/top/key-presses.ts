/** The keys of `top` that are not characters, by what terminals send for them (ECMA-48, xterm). */
const SEQUENCES: Readonly<Record<string, KeyName>> = {
  "\u001b[A": "up",
  "\u001bOA": "up",
  "\u001b[B": "down",
  "\u001bOB": "down",
  "\u001b[5~": "page-up",
  "\u001b[6~": "page-down",
  "\u001b": "escape",
  "\r": "enter",
  "\n": "enter",
  "\u007f": "erase",
  "\b": "erase",
  "\u0003": "interrupt",
  "\u0004": "interrupt",
};

export type KeyName = "up" | "down" | "page-up" | "page-down" | "escape" | "enter" | "erase" | "interrupt";

/** A key that was pressed: one with a name, or a character. */
export type KeyPress = { readonly key: KeyName } | { readonly character: string };

/** Sequences of other keys are left out: they are no text that was typed. */
const PART = /\u001b(?:\[[0-9;]*[A-Za-z~]|O[A-Za-z])|[\s\S]/gu;

/** Returns the keys that a terminal's bytes stand for. */
export function keyPresses(text: string): readonly KeyPress[] {
  return [...text.matchAll(PART)].flatMap(([part]): readonly KeyPress[] => {
    const key = SEQUENCES[part];
    if (key !== undefined) return [{ key }];
    return part >= " " && !part.startsWith("\u001b") ? [{ character: part }] : [];
  });
}
