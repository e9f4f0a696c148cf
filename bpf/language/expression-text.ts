import type { Source } from "../source/source.ts";

/**
 * The text of one expression, with the place of each of its characters in the file. A YAML scalar
 * may be quoted, folded or indented, so an offset into the expression is not an offset into the
 * file.
 */
export interface ExpressionText {
  readonly source: Source;
  readonly text: string;
  /**
   * offset in `source.text` of the character at `index`; defined for 0 to text.length, both
   * included
   */
  offsetAt(index: number): number;
}
