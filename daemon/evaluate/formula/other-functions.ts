const IN_WINDOW =
  'counts and sums are what came within the rule\'s "window": write the name alone, such as "value > 10"';
const LONGER = 'write the rule\'s "window: 1h" with "aggregate: max(x)", min(x), sum(x) or count()';
const QUANTILES = 'write "p99(value)"; quantiles need "aggregate: histogram(x)"';
const TREND = 'there is no such function: compare with "previous(x)", "mean(x, 1h)" or "delta(x)"';
const NO_DATA = 'missing data is handled by a key of the rule: write "no_data: alert"';
const EACH_KEY = 'each key of "by" is judged by itself: write the condition that each must meet';
const ROUNDING = "numbers are compared as they are: leave it out";
const LEAST = 'write "x < 10 ? 10 : x"';
const TIMES = 'times without notifications are set by a key of the rule: write "mute: {hours: 22:00-06:00}"';
const LABELS = 'labels are the keys of "by: {NAME: EXPRESSION}" and the rule\'s "labels:"';
const CALM = 'how steady it must be is "for:" and "clear:" of the rule';

/** Help for functions of PromQL that `let` and `threshold` do not have. */
const OTHER_FUNCTIONS: ReadonlyMap<string, string> = new Map([
  ["increase", IN_WINDOW],
  ["irate", 'write "rate(x)"'],
  ["idelta", 'write "delta(x)"'],
  ["avg_over_time", 'write "mean(x, 1h)"'],
  ["stddev_over_time", 'write "stddev(x, 1h)", or "aggregate: stddev(x)" for the values of events'],
  ["stdvar_over_time", 'write "stddev(x, 1h)"'],
  ...["max_over_time", "min_over_time", "sum_over_time", "count_over_time", "last_over_time"].map(
    (name) => [name, LONGER] as const,
  ),
  ...["quantile_over_time", "histogram_quantile", "quantile", "percentile", "median"].map(
    (name) => [name, QUANTILES] as const,
  ),
  ["histogram_avg", 'write "mean(value)"'],
  ["histogram_count", 'write "count(value)"'],
  ...["deriv", "predict_linear", "holt_winters", "double_exponential_smoothing"].map((name) => [name, TREND] as const),
  ...["changes", "resets"].map((name) => [name, CALM] as const),
  ...["absent", "absent_over_time", "present_over_time"].map((name) => [name, NO_DATA] as const),
  ...["topk", "bottomk", "limitk", "group", "count_values", "sort", "sort_desc"].map(
    (name) => [name, EACH_KEY] as const,
  ),
  ...["ceil", "floor", "round", "trunc", "scalar", "vector"].map((name) => [name, ROUNDING] as const),
  ["abs", 'write "x < 0 ? -x : x"'],
  ["clamp_min", LEAST],
  ["clamp_max", 'write "x > 10 ? 10 : x"'],
  ["clamp", LEAST],
  ...["time", "timestamp", "hour", "minute", "day_of_week", "day_of_month", "month", "year"].map(
    (name) => [name, TIMES] as const,
  ),
  ...["label_replace", "label_join"].map((name) => [name, LABELS] as const),
]);

export function helpForOtherFunction(name: string): string | undefined {
  return OTHER_FUNCTIONS.get(name);
}
