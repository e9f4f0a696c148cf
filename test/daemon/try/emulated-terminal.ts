import { columnsOf } from "../../../bpf/source/visible.ts";

const SEQUENCE = /^\u001b\[(\??)([0-9;]*)([A-Za-z])/;

/**
 * A terminal as far as the live table goes: a screen of lines, wrapping, a scrollback, and the
 * control sequences that are used. Throws at any other, so that none slips in that nobody thought
 * of.
 */
export class EmulatedTerminal {
  readonly scrollback: string[] = [];
  columns: number;
  rows: number;
  #lines: string[][];
  #row = 0;
  #column = 0;
  #wraps = true;
  #isVisible = true;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
    this.#lines = Array.from({ length: rows }, () => []);
  }

  get isCursorVisible(): boolean {
    return this.#isVisible;
  }

  get wraps(): boolean {
    return this.#wraps;
  }

  /** The lines down to the last that has something. */
  get screen(): readonly string[] {
    const lines = this.#lines.map((line) => line.join("").trimEnd());
    return lines.slice(0, lines.findLastIndex((line) => line !== "") + 1);
  }

  /** As xterm does: what stands beyond the new size is gone. */
  resize(columns: number, rows: number): void {
    [this.columns, this.rows] = [columns, rows];
    this.#lines = Array.from({ length: rows }, (_, row) => (this.#lines[row] ?? []).slice(0, columns));
    this.#row = Math.min(this.#row, rows - 1);
    this.#column = Math.min(this.#column, columns - 1);
  }

  write(text: string): void {
    let rest = text;
    while (rest !== "") {
      const sequence = SEQUENCE.exec(rest);
      if (sequence !== null) {
        this.#control(`${sequence[1]}${sequence[2]}`, sequence[3] ?? "");
        rest = rest.slice(sequence[0].length);
        continue;
      }
      const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
      this.#put(character);
      rest = rest.slice(character.length);
    }
  }

  #put(character: string): void {
    if (character === "\r") this.#column = 0;
    else if (character === "\n") this.#down();
    else if (character < " ")
      throw new Error(`the control character ${JSON.stringify(character)} reached the terminal`);
    else this.#show(character);
  }

  #show(character: string): void {
    const width = columnsOf(character);
    if (this.#column + width > this.columns) {
      if (this.#wraps) {
        this.#column = 0;
        this.#down();
      } else this.#column = this.columns - width;
    }
    const line = this.#lines[this.#row] ?? [];
    while (line.length < this.#column) line.push(" ");
    line[this.#column] = character;
    if (width === 2) line[this.#column + 1] = "";
    this.#column += width;
  }

  #down(): void {
    if (this.#row < this.rows - 1) this.#row++;
    else {
      this.scrollback.push((this.#lines.shift() ?? []).join("").trimEnd());
      this.#lines.push([]);
    }
  }

  #control(parameters: string, final: string): void {
    if (final === "m") return;
    if (final === "h" || final === "l") return this.#mode(parameters, final === "h");
    const line = this.#lines[this.#row] ?? [];
    if (final === "A" && /^[1-9][0-9]*$/.test(parameters)) this.#row = Math.max(0, this.#row - Number(parameters));
    else if (final === "H" && parameters === "") [this.#row, this.#column] = [0, 0];
    else if (final === "K" && parameters === "") line.length = Math.min(line.length, this.#column);
    else if (final === "J" && parameters === "") {
      line.length = Math.min(line.length, this.#column);
      this.#lines = this.#lines.map((each, row) => (row > this.#row ? [] : each));
    } else if (final === "J" && parameters === "2") this.#lines = this.#lines.map(() => []);
    else throw new Error(`unknown control sequence ${parameters}${final}`);
  }

  #mode(parameters: string, isOn: boolean): void {
    if (parameters === "?7") this.#wraps = isOn;
    else if (parameters === "?25") this.#isVisible = isOn;
    else if (parameters !== "?2026") throw new Error(`unknown mode ${parameters}`);
  }
}
