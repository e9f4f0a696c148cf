export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/**
 * Control sequences of ECMA-48 and of DEC's terminals, which all current terminals know or ignore.
 */
const CSI = "\u001b[";
/**
 * Shows the following output at once (synchronized output), with a hidden cursor, so that no
 * partial frame is visible.
 */
const BEGIN = `${CSI}?2026h${CSI}?25l`;
const END = `${CSI}?25h${CSI}?2026l`;
/**
 * Cuts long lines. Otherwise a character of uncertain width could wrap a line and push the others
 * down.
 */
const WRAP_OFF = `${CSI}?7l`;
const WRAP_ON = `${CSI}?7h`;
const ERASE_LINE_REST = `${CSI}K`;
const ERASE_BELOW = `${CSI}J`;
const CLEAR = `${CSI}H${CSI}2J`;

/**
 * Lines at the end of a terminal's output that are drawn again in place, by moving the cursor up.
 * Lines that have scrolled away above stay unchanged.
 */
export class LiveBlock {
  /** the number of the block's lines on the terminal; the cursor is at the end of the last */
  #height = 0;
  #mustClear = false;
  /** the lines above the block that may still be visible */
  #recent: readonly string[] = [];

  /**
   * Returns the output that adds `above` to the lines above the block and replaces the block with
   * `block`, which must be shorter than the terminal.
   */
  frame(above: readonly string[], block: readonly string[], { rows }: TerminalSize): string {
    this.#recent = [...this.#recent, ...above].slice(-rows);
    const start = this.#mustClear ? CLEAR : toTop(this.#height);
    const scrolling = this.#mustClear ? this.#recent : above;
    this.#mustClear = false;
    this.#height = block.length;
    return [
      BEGIN,
      start,
      ...(scrolling.length > 0
        ? [ERASE_BELOW, ...scrolling.map((line) => `${line.replaceAll("\n", "\r\n")}\r\n`)]
        : []),
      WRAP_OFF,
      block.map((line) => `${line}${ERASE_LINE_REST}`).join("\r\n"),
      ERASE_BELOW,
      WRAP_ON,
      END,
    ].join("");
  }

  /**
   * Makes the next frame begin with an empty screen, because the position of the lines is unknown.
   */
  clear(): void {
    this.#mustClear = true;
  }

  /** Forgets the block: the cursor is at the start of an empty line below it. */
  forget(): void {
    this.#height = 0;
  }
}

function toTop(height: number): string {
  return height > 1 ? `\r${CSI}${height - 1}A` : "\r";
}
