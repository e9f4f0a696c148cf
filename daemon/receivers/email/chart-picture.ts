import { encodePng } from "./png.ts";
import type { ValueChart } from "./value-chart.ts";

/** Twice the size in which it is shown, for screens of phones. */
export const CHART_WIDTH = 640;
export const CHART_HEIGHT = 160;

const MARGIN = 10;
const LINE_WIDTH = 5;
const DASH = 12;
/** the steps between the color of the ground and that of the line */
const SHADES = 8;

const [GROUND, AREA, GRID, LIMIT] = [0xffffff, 0xeaf1fb, 0xe1e4e8, 0xb3261e];

/** Draws the course of a value, and its threshold as a dashed line. */
export function chartPicture(chart: ValueChart, lineColor: number): Buffer {
  const colors = [...shades(GROUND, lineColor), ...shades(AREA, lineColor), GRID, LIMIT];
  const [areaIndex, gridIndex, limitIndex] = [SHADES, 2 * SHADES, 2 * SHADES + 1];
  const pixels = new Uint8Array(CHART_WIDTH * CHART_HEIGHT);
  const rowOf = scale(chart);
  for (const y of [MARGIN, CHART_HEIGHT / 2, CHART_HEIGHT - MARGIN]) fillRow(pixels, y, gridIndex);
  for (let x = 0; x < CHART_WIDTH; x++) drawColumn(pixels, x, heightAt(chart.values, x, rowOf), areaIndex);
  if (chart.limit !== undefined) {
    const y = Math.round(rowOf(chart.limit));
    for (const row of [y - 1, y, y + 1]) fillRow(pixels, row, limitIndex, DASH);
  }
  return encodePng({ width: CHART_WIDTH, height: CHART_HEIGHT, colors, pixels });
}

function shades(from: number, to: number): readonly number[] {
  return Array.from({ length: SHADES }, (_, step) => {
    const part = step / (SHADES - 1);
    const mixed = [16, 8, 0].map((shift) => {
      const [one, other] = [(from >> shift) & 0xff, (to >> shift) & 0xff];
      return Math.round(one + (other - one) * part) << shift;
    });
    return mixed.reduce((sum, byte) => sum | byte, 0);
  });
}

/** Returns the row of a value: the axis begins at 0 if the values are not far from it. */
function scale({ lowest, highest, limit }: ValueChart): (value: number) => number {
  const top = Math.max(highest, limit ?? highest);
  const bottom = Math.min(lowest, limit ?? lowest);
  const from = bottom >= 0 && bottom <= top / 2 ? 0 : bottom;
  const space = CHART_HEIGHT - 2 * MARGIN;
  return (value) => (top === from ? CHART_HEIGHT / 2 : CHART_HEIGHT - MARGIN - ((value - from) / (top - from)) * space);
}

interface Height {
  readonly row: number;
  /** rows a column */
  readonly slope: number;
}

/** Returns where the line is in a column; undefined if there is no data. */
function heightAt(values: ValueChart["values"], x: number, rowOf: (value: number) => number): Height | undefined {
  const step = (CHART_WIDTH - 2 * MARGIN) / (values.length - 1);
  const at = (x - MARGIN) / step;
  const first = Math.min(Math.floor(at), values.length - 2);
  if (at < 0 || at > values.length - 1) return undefined;
  const [one, other] = [values[first], values[first + 1]];
  if (one === undefined || other === undefined || !Number.isFinite(one + other)) return undefined;
  const [from, to] = [rowOf(one), rowOf(other)];
  return { row: from + (to - from) * (at - first), slope: (to - from) / step };
}

function drawColumn(pixels: Uint8Array, x: number, height: Height | undefined, areaIndex: number): void {
  if (height === undefined) return;
  const half = (LINE_WIDTH / 2) * Math.hypot(1, height.slope);
  for (let y = Math.max(0, Math.floor(height.row - half)); y < CHART_HEIGHT - MARGIN; y++) {
    const beyond = Math.abs(y - height.row) - half;
    const shade = Math.round(Math.min(1, Math.max(0, 0.5 - beyond)) * (SHADES - 1));
    pixels[y * CHART_WIDTH + x] = (y > height.row ? areaIndex : 0) + shade;
  }
}

function fillRow(pixels: Uint8Array, y: number, index: number, dash = Infinity): void {
  if (y < 0 || y >= CHART_HEIGHT) return;
  for (let x = MARGIN; x < CHART_WIDTH - MARGIN; x++)
    if (Math.floor(x / dash) % 2 === 0) pixels[y * CHART_WIDTH + x] = index;
}
