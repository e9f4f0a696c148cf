export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** Control sequences of ECMA-48 and of DEC's terminals, which all terminals of today know or ignore. */
const CSI = "\u001b[";
/** The terminal shows what follows at once (synchronized output), with the cursor hidden: no half of a frame is seen. */
const BEGIN = `${CSI}?2026h${CSI}?25l`;
const END = `${CSI}?25h${CSI}?2026l`;
/** A line that is too long by a character whose width terminals do not agree on is cut, and does not push the others down. */
const WRAP_OFF = `${CSI}?7l`;
const WRAP_ON = `${CSI}?7h`;
const ERASE_LINE_REST = `${CSI}K`;
const ERASE_BELOW = `${CSI}J`;
const CLEAR = `${CSI}H${CSI}2J`;

/**
 * Lines at the foot of what was written on a terminal that are drawn anew in their place, by moving the cursor up. What has scrolled out
 * above them stays as it is.
 */
export class LiveBlock {
  /** lines of the block that stand on the terminal; the cursor is at the end of the last */
  #height = 0;
  #mustClear = false;
  /** the lines above the block that may still be on the screen */
  #recent: readonly string[] = [];

  /** What to write so that `above` joins the lines above the block, and the block becomes `block`, which has fewer lines than the terminal. */
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

  /** Nobody knows where the lines stand: the next frame begins with an empty screen. */
  clear(): void {
    this.#mustClear = true;
  }

  /** The cursor is at the start of an empty line, below all. */
  forget(): void {
    this.#height = 0;
  }
}

function toTop(height: number): string {
  return height > 1 ? `\r${CSI}${height - 1}A` : "\r";
}
