import { OPEN_METRICS, PROMETHEUS_TEXT, type TextFormat } from "./text-format.ts";

/**
 * Returns the format that a client likes best of those that we have (RFC 9110, section 12.5.1).
 * Prometheus' text format if it says nothing that we know.
 *
 * @param accept the header Accept
 */
export function chooseFormat(accept = ""): TextFormat {
  const liked = accept.split(",").flatMap((range) => {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const format = formatOf(type, parameters);
    return format === undefined ? [] : [{ format, weight: weightOf(parameters) }];
  });
  const best = liked.toSorted((a, b) => b.weight - a.weight)[0];
  return best === undefined || best.weight === 0 ? PROMETHEUS_TEXT : best.format;
}

function formatOf(type: string, parameters: readonly string[]): TextFormat | undefined {
  const version = parameters.find((each) => each.startsWith("version="))?.slice("version=".length);
  if (type === "application/openmetrics-text") return version === "1.0.0" ? OPEN_METRICS : undefined;
  const isText = type === "text/plain" || type === "text/*" || type === "*/*";
  return isText && (version === undefined || version === "0.0.4") ? PROMETHEUS_TEXT : undefined;
}

function weightOf(parameters: readonly string[]): number {
  const weight = Number(parameters.find((each) => each.startsWith("q="))?.slice("q=".length) ?? 1);
  return Number.isNaN(weight) ? 0 : weight;
}
