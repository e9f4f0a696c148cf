import type { Outcome } from "../queue/delivery.ts";
import type { Answer } from "./post.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** Returns the fields of a value that may be an object; none of any other value. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

/** Returns the fields of an answer's JSON; none if it is not a JSON object. */
export function answerFields({ body }: Pick<Answer, "body">): Fields {
  try {
    return fieldsOf(JSON.parse(body));
  } catch {
    return {};
  }
}

/** Returns a text or a number of an answer as text; undefined for anything else. */
export function answerText(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

/**
 * Returns the outcome of an answer of success that does not say what the service says then. A proxy
 * that shows a page of its own answers 200, too: taken for the service, it would swallow alerts.
 */
export function strangeAnswer({ status }: Answer, service: string, expected: string): Outcome {
  const error = `HTTP ${status}, but not from ${service}: expected ${expected} in the answer, found another text`;
  return { ok: false, trouble: "passing", error };
}

export const isSuccess = ({ status }: Pick<Answer, "status">): boolean => status >= 200 && status < 300;
