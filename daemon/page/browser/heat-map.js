// Draws a histogram over time: a column each ten seconds, a row for each size, stronger for more.

/** @import { PageHeat } from "../page-report.ts" */

import { element, setText, show } from "./elements.js";

const COLUMNS = 360;
const ROW_HEIGHT = 10;
/** The weakest color of a cell that holds anything. */
const FAINTEST = 0.15;
/** Rows between two texts of the axis. */
const TEXT_ROWS = 4;

/** Creates a heat map. */
export function heatMap() {
  const caption = element("figcaption");
  const canvas = element("canvas", { role: "img" });
  const texts = element("div", { class: "heat-texts", "aria-hidden": "true" });
  const box = element("div", { class: "heat-box" });
  box.append(texts, canvas);
  const axis = element("div", { class: "axis heat-axis", "aria-hidden": "true" });
  for (const text of ["1h ago", "45m", "30m", "15m", "now"]) axis.append(element("span", {}, text));
  const figure = element("figure", { class: "heat" }, caption, box, axis);
  return {
    element: figure,
    /** @param {PageHeat | undefined} heat */
    update(heat) {
      show(figure, heat !== undefined);
      if (heat === undefined) return;
      const words = wordsOf(heat);
      setText(caption, words);
      canvas.setAttribute("aria-label", words);
      texts.replaceChildren(...rowTexts(heat));
      canvas.width = COLUMNS * 2;
      canvas.height = heat.rows.length * ROW_HEIGHT;
      canvas.style.height = `${heat.rows.length * ROW_HEIGHT}px`;
      draw(canvas, heat);
    },
  };
}

/** @param {PageHeat} heat */
function rowTexts({ rows }) {
  return rows.flatMap((text, row) => {
    if (row % TEXT_ROWS !== 0) return [];
    const made = element("span", {}, text);
    made.style.bottom = `${row * ROW_HEIGHT}px`;
    return [made];
  });
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {PageHeat} heat
 */
function draw(canvas, { rows, columns }) {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const most = Math.max(1, ...columns.flatMap((column) => column.filter((_, index) => index % 2 === 1)));
  const width = canvas.width / COLUMNS;
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = getComputedStyle(canvas).color;
  columns.forEach((column, index) => {
    const left = (COLUMNS - columns.length + index) * width;
    for (let at = 0; at < column.length; at += 2) {
      const row = column[at] ?? 0;
      // Few values beside very many must still be seen, so the scale is logarithmic.
      const part = Math.log1p(column[at + 1] ?? 0) / Math.log1p(most);
      context.globalAlpha = FAINTEST + (1 - FAINTEST) * part;
      context.fillRect(left, (rows.length - 1 - row) * ROW_HEIGHT, width, ROW_HEIGHT - 1);
    }
  });
}

/** @param {PageHeat} heat */
function wordsOf({ name, rows, columns }) {
  const last = columns.at(-1) ?? [];
  let fullest = 0;
  for (let at = 2; at < last.length; at += 2) if ((last[at + 1] ?? 0) > (last[fullest + 1] ?? 0)) fullest = at;
  const now = last.length === 0 ? "no values now" : `now most values are from ${rows[last[fullest] ?? 0]} up`;
  return `Histogram of ${name}, worst key, over time: a stronger color is more; ${now}`;
}
