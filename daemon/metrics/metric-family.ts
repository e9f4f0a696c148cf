export type MetricType = "counter" | "gauge" | "histogram";
/** The units of Prometheus' conventions that we use. They are the last part of a name. */
export type MetricUnit = "seconds" | "bytes" | "ratio";

export type MetricLabels = Readonly<Record<string, string>>;

/** All time series of one name. */
export interface MetricFamily {
  /** without `_total` */
  readonly name: string;
  readonly type: MetricType;
  readonly unit?: MetricUnit;
  readonly help: string;
  readonly points: readonly MetricPoint[];
}

export type MetricPoint = NumberPoint | HistogramPoint;

export interface NumberPoint {
  readonly labels: MetricLabels;
  readonly value: number;
}

export interface HistogramPoint {
  readonly labels: MetricLabels;
  /** upper bounds, inclusive and ascending, with the number of values up to each */
  readonly bounds: readonly { readonly le: number; readonly count: number }[];
  /** the number of all values */
  readonly count: number;
}

export const isHistogram = (point: MetricPoint): point is HistogramPoint => "bounds" in point;
