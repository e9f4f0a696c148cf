import type { Matcher } from "../matchers/matcher.ts";
import { parseMatchers, plainText } from "../matchers/parse-matchers.ts";
import { type Silence, silenceFault } from "../notify/stages/silences.ts";
import { durationMs, isDuration } from "../yaml/quantity.ts";
import { ApiError } from "./api-error.ts";
import type { SilenceRequest } from "./silence-report.ts";

/** Reads the silence of a request. Throws ApiError with all errors in it. */
export function silenceOf(request: SilenceRequest, nowUnixMs: number): Omit<Silence, "id"> {
  const faults: string[] = [];
  const matchers = matchersOf(request.matchers, faults);
  const startsAtUnixMs = request.startsAt === undefined ? nowUnixMs : timeIn("startsAt", request.startsAt, faults);
  const endsAtUnixMs = endOf(request, startsAtUnixMs, faults);
  const { author, comment } = request;
  const silence = { matchers, startsAtUnixMs, endsAtUnixMs, author, comment };
  if (faults.length === 0) faults.push(...[silenceFault(silence, nowUnixMs) ?? []].flat());
  if (faults.length > 0) throw new ApiError(400, "the silence is invalid", faults);
  return silence;
}

/**
 * Parses matchers in Alertmanager's form. A single word is an `alertname`, as for amtool.
 *
 * @param faults gets the errors
 */
export function matchersOf(texts: readonly string[], faults: string[]): readonly Matcher[] {
  return texts.flatMap((text) => {
    if (/^[\w.:-]+$/.test(text)) return { name: "alertname", operator: "=", value: text } as const;
    const { result, diagnostics } = parseMatchers(plainText({ path: "matcher", text }));
    faults.push(
      ...diagnostics.map(({ message, help }) => `${text}: ${message}${help === undefined ? "" : ` (${help})`}`),
    );
    return result ?? [];
  });
}

function endOf({ endsAt, for: lasts }: SilenceRequest, startsAtUnixMs: number, faults: string[]): number {
  if (endsAt !== undefined && lasts !== undefined)
    faults.push("expected an end (--end TIME) or a duration (--for 2h), found both");
  if (endsAt !== undefined) return timeIn("endsAt", endsAt, faults);
  if (lasts !== undefined && isDuration(lasts)) return startsAtUnixMs + durationMs(lasts);
  faults.push(
    lasts === undefined
      ? "expected an end (--end TIME) or a duration (--for 2h), found neither"
      : `expected a duration such as "2h", found "${lasts}"`,
  );
  return startsAtUnixMs;
}

const RFC_3339 = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i;

/** Reads a time of RFC 3339. An error is added to `faults`. */
export function timeIn(name: string, text: string, faults: string[]): number {
  const unixMs = RFC_3339.test(text) ? Date.parse(text) : NaN;
  if (!Number.isNaN(unixMs)) return unixMs;
  faults.push(`${name}: expected a time such as "2026-11-26T22:00:00Z", found "${text}"`);
  return 0;
}

/**
 * Returns the silence whose id is this or begins with this. Throws ApiError if there is none, or
 * more than one.
 */
export function findSilence(silences: readonly Silence[], id: string): Silence {
  const found = silences.filter((silence) => silence.id.startsWith(id));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  if (only === undefined) throw new ApiError(404, `no silence has the id "${id}"`);
  throw new ApiError(
    409,
    `the id "${id}" is not unique: ${found.length} silences begin with it`,
    found.map((each) => each.id),
  );
}
