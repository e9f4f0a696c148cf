import { isHistogram, type MetricFamily, type MetricLabels, type MetricPoint } from "./metric-family.ts";

/** A text format of metrics. */
export interface TextFormat {
  readonly type: string;
  /** the lines before the time series of a family */
  readonly head: (family: MetricFamily) => string;
  /** the last line of all */
  readonly end: string;
}

/** Prometheus' text format, version 0.0.4: prometheus/docs, instrumenting/exposition_formats. */
export const PROMETHEUS_TEXT: TextFormat = {
  type: "text/plain; version=0.0.4; charset=utf-8",
  head: (family) => {
    const name = seriesName(family);
    return `# HELP ${name} ${escaped(family.help, HELP)}\n# TYPE ${name} ${family.type}\n`;
  },
  end: "",
};

/** OpenMetrics 1.0: families of counters are named without `_total`, and units are said. */
export const OPEN_METRICS: TextFormat = {
  type: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  head: ({ name, type, unit, help }) => {
    const said = unit === undefined ? "" : `# UNIT ${name} ${unit}\n`;
    return `# TYPE ${name} ${type}\n${said}# HELP ${name} ${escaped(help, QUOTED)}\n`;
  },
  end: "# EOF\n",
};

/** Returns the lines of a family; none if it has no time series. */
export function familyText(family: MetricFamily, format: TextFormat): string {
  if (family.points.length === 0) return "";
  const name = seriesName(family);
  let text = format.head(family);
  for (const point of family.points) text += pointText(name, point);
  return text;
}

const seriesName = ({ name, type }: MetricFamily): string => (type === "counter" ? `${name}_total` : name);

function pointText(name: string, point: MetricPoint): string {
  const own = labelsText(point.labels);
  if (!isHistogram(point)) return `${name}${braced(own)} ${numberText(point.value)}\n`;
  let text = "";
  for (const { le, count } of [...point.bounds, { le: Infinity, count: point.count }])
    text += `${name}_bucket${braced(joined(own, `le="${numberText(le)}"`))} ${count}\n`;
  return `${text}${name}_count${braced(own)} ${point.count}\n`;
}

const joined = (one: string, other: string): string => (one === "" ? other : `${one},${other}`);
const braced = (labels: string): string => (labels === "" ? "" : `{${labels}}`);

function labelsText(labels: MetricLabels): string {
  let text = "";
  for (const name in labels) text = joined(text, `${name}="${escaped(labels[name] ?? "", QUOTED)}"`);
  return text;
}

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", '"': '\\"' };
const HELP = /[\\\n]/g;
const QUOTED = /[\\\n"]/g;

/** Escapes a text. The formats are UTF-8, which has no halves of characters. */
function escaped(text: string, characters: RegExp): string {
  return text.toWellFormed().replaceAll(characters, (character) => ESCAPES[character] ?? "");
}

/** Spells a number as Go's ParseFloat reads it. */
function numberText(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}
