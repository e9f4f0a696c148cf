import { chooseFormat } from "../metrics/choose-format.ts";
import { exposition } from "../metrics/exposition.ts";
import type { MetricsSource } from "../metrics/metrics-source.ts";
import type { HttpAnswer } from "./http-answer.ts";

/** Answers all metrics in the format that the client likes best. */
export function metricsAnswer(source: MetricsSource, accept: string | undefined): HttpAnswer {
  const format = chooseFormat(accept);
  return { status: 200, type: format.type, headers: { Vary: "Accept" }, body: exposition(source, format) };
}
