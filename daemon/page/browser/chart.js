// Draws the values of the last hour: small in the table of rules, large with limits and an axis.

/** @import { PageChart } from "../page-report.ts" */

import { drawing, element, setAttribute, setText, show } from "./elements.js";
import { durationText } from "./times.js";

const POINTS = 360;
const HEIGHT = 100;
/** A small chart has room for a point of three values. */
const MERGED = 3;

/**
 * @typedef {object} Scale
 * @property {number} low
 * @property {number} high
 */

/** The places of the texts of limits: in percent from the top, and in pixels from the left. */
const LOWEST_TEXT = 94;
const FIRST_TEXT = 108;
const TEXT_WIDTH = 112;

/** A limit this many times higher than all values would make a flat line of them. */
const FAR = 4;

/**
 * Returns the range of a chart: from 0, or below, to the highest value and the limits near it.
 * @param {PageChart} chart
 * @returns {Scale}
 */
function scaleOf({ points, limits }) {
  const values = points.filter((point) => point !== null);
  const far = FAR * Math.max(0, ...values.map(Math.abs));
  const near = limits.map(({ value }) => value).filter((value) => far === 0 || Math.abs(value) <= far);
  const known = [...values, ...near];
  const low = Math.min(0, ...known);
  const high = Math.max(0, ...known);
  return { low, high: high === low ? low + 1 : high + (high - low) * 0.06 };
}

/**
 * @param {PageChart} chart
 * @param {Scale} scale
 */
const shownLimits = ({ limits }, { low, high }) => limits.filter(({ value }) => value >= low && value <= high);

/**
 * @param {number} value
 * @param {Scale} scale
 */
const heightOf = (value, { low, high }) => HEIGHT - ((value - low) / (high - low)) * HEIGHT;

/**
 * Returns the path of the values. A gap is where there was no data.
 * @param {readonly (number | null)[]} points
 * @param {Scale} scale
 * @param {number} step the width of a point
 */
function pathOf(points, scale, step) {
  const left = POINTS - points.length * step;
  let path = "";
  let isDrawn = false;
  points.forEach((point, index) => {
    if (point !== null) {
      const at = `${left + index * step} ${heightOf(point, scale).toFixed(1)}`;
      // A single point is a short line, so that it can be seen.
      path += isDrawn ? `L${at}` : `M${at}h1`;
    }
    isDrawn = point !== null;
  });
  return path;
}

/**
 * Merges values, each few into the one that is farthest from 0, so that no peak disappears.
 * @param {readonly (number | null)[]} points
 */
function merged(points) {
  const first = points.length % MERGED;
  /** @type {(number | null)[]} */
  const few = [];
  for (let at = first === 0 ? 0 : first - MERGED; at < points.length; at += MERGED) {
    const group = points.slice(Math.max(0, at), at + MERGED).filter((point) => point !== null);
    few.push(group.length === 0 ? null : group.reduce((one, other) => (Math.abs(other) > Math.abs(one) ? other : one)));
  }
  return few;
}

function canvas() {
  return drawing("svg", { viewBox: `0 0 ${POINTS} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
}

/** Creates the small chart of a row. */
export function smallChart() {
  const limits = drawing("g", {});
  const line = drawing("path", { class: "line" });
  const svg = canvas();
  svg.append(limits, line);
  const words = element("span", { class: "unseen" });
  const box = element("div", { class: "spark" });
  box.append(svg, words);
  return {
    element: box,
    /** @param {PageChart | undefined} chart */
    update(chart) {
      if (chart === undefined) return;
      const scale = scaleOf(chart);
      setAttribute(line, "d", pathOf(merged(chart.points), scale, MERGED));
      drawLimits(limits, chart, scale);
      setText(words, wordsOf(chart));
    },
  };
}

/** Creates a chart with its limits and its axes. */
export function largeChart() {
  const limits = drawing("g", {});
  const area = drawing("path", { class: "area" });
  const line = drawing("path", { class: "line" });
  const svg = canvas();
  svg.append(area, limits, line);
  const high = element("span", { class: "high" });
  const low = element("span", { class: "low" });
  const texts = element("div", { class: "limit-texts", "aria-hidden": "true" });
  const plot = element("div", { class: "plot" });
  plot.append(svg, high, low, texts);
  const axis = element("div", { class: "axis", "aria-hidden": "true" });
  for (const text of ["1h ago", "45m", "30m", "15m", "now"]) axis.append(element("span", {}, text));
  const caption = element("figcaption");
  const figure = element("figure", { class: "chart" }, caption, plot, axis);
  return {
    element: figure,
    /** @param {PageChart | undefined} chart */
    update(chart) {
      show(figure, chart !== undefined);
      if (chart === undefined) return;
      const scale = scaleOf(chart);
      const path = pathOf(chart.points, scale, 1);
      setAttribute(line, "d", path);
      setAttribute(area, "d", areaOf(chart.points, scale));
      drawLimits(limits, chart, scale);
      writeLimits(texts, chart, scale);
      setText(high, chart.points.some((point) => point !== null) ? `max ${chart.highest}` : "no data");
      setText(low, chart.points.some((point) => point !== null) ? `min ${chart.lowest}` : "");
      setText(caption, wordsOf(chart));
    },
  };
}

/**
 * @param {readonly (number | null)[]} points
 * @param {Scale} scale
 */
function areaOf(points, scale) {
  const left = POINTS - points.length;
  const zero = heightOf(0, scale).toFixed(1);
  return points
    .map((point, index) =>
      point === null ? "" : `M${left + index} ${zero}V${heightOf(point, scale).toFixed(1)}h1V${zero}z`,
    )
    .join("");
}

/**
 * @param {SVGElement} group
 * @param {PageChart} chart
 * @param {Scale} scale
 */
function drawLimits(group, chart, scale) {
  group.replaceChildren(
    ...shownLimits(chart, scale).map(({ level, value }) =>
      drawing("path", { class: `limit ${level}`, d: `M0 ${heightOf(value, scale).toFixed(1)}H${POINTS}` }),
    ),
  );
}

/**
 * @param {HTMLElement} box
 * @param {PageChart} chart
 * @param {Scale} scale
 */
function writeLimits(box, chart, scale) {
  box.replaceChildren(
    ...shownLimits(chart, scale).map(({ level, value, text }, index) => {
      const made = element("span", { class: `limit-text ${level}` }, `${level} ${text}`);
      made.style.top = `${Math.min(LOWEST_TEXT, heightOf(value, scale))}%`;
      // Beside each other, because limits can be close.
      made.style.left = `${FIRST_TEXT + index * TEXT_WIDTH}px`;
      return made;
    }),
  );
}

/**
 * Says what a chart shows, for those who do not see it.
 * @param {PageChart} chart
 */
function wordsOf({ name, points, stepMs, highest, lowest, limits }) {
  const span = durationText(Math.max(1, points.length - 1) * stepMs);
  const bounds = limits.map(({ level, text }) => `${level} ${text}`).join(", ");
  return `${name}, worst key, last ${span}: ${lowest} to ${highest}${bounds === "" ? "" : `; limits: ${bounds}`}`;
}
