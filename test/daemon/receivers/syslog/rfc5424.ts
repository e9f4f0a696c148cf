import assert from "node:assert/strict";

/** A message as RFC 5424 §6 reads it. */
export interface Parsed {
  readonly priority: number;
  readonly time: string;
  readonly host: string;
  readonly appName: string;
  readonly messageId: string;
  /** values by the name of their parameter, by the id of their element */
  readonly data: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly text: string;
}

/** The header of the grammar of RFC 5424 §6, up to the structured data. */
const HEADER = new RegExp(
  [
    String.raw`^<(\d{1,3})>1 `,
    String.raw`(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)) `,
    "(-|[!-~]{1,255}) (-|[!-~]{1,48}) (-|[!-~]{1,128}) (-|[!-~]{1,32}) ",
  ].join(""),
);
const NAME = /^(?:(?![="\]])[!-~]){1,32}/;

/** Parses a message by the grammar, and throws where it departs from it. */
export function parse5424(bytes: Uint8Array): Parsed {
  const whole = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  const [header, priority = "", time = "", host = "", appName = "", , messageId = ""] = HEADER.exec(whole) ?? [];
  assert.ok(header !== undefined, whole);
  assert.ok(Number(priority) <= 191 && String(Number(priority)) === priority, priority);
  let rest = whole.slice(header.length);
  const take = (text: string): void => {
    assert.ok(rest.startsWith(text), `expected ${text} at ${rest.slice(0, 40)}`);
    rest = rest.slice(text.length);
  };
  const name = (): string => {
    const [found] = NAME.exec(rest) ?? [];
    assert.ok(found !== undefined, rest.slice(0, 40));
    take(found);
    return found;
  };
  const data: Record<string, Record<string, string>> = {};
  if (rest.startsWith("-")) take("-");
  while (rest.startsWith("[")) {
    take("[");
    const id = name();
    assert.ok(!(id in data), `${id} comes twice`);
    const params: Record<string, string> = (data[id] = {});
    while (rest.startsWith(" ")) {
      take(" ");
      const param = name();
      take('="');
      const [value] = /^(?:[^"\\\]]|\\["\\\]])*/.exec(rest) ?? [];
      assert.ok(value !== undefined);
      take(value);
      take('"');
      params[param] = value.replace(/\\(["\\\]])/g, "$1");
    }
    take("]");
  }
  if (rest !== "") take(" ");
  const isUtf8 = rest.startsWith("\ufeff");
  assert.ok(isUtf8 || /^[\x00-\x7f]*$/.test(rest), "UTF-8 without a byte order mark");
  return { priority: Number(priority), time, host, appName, messageId, data, text: isUtf8 ? rest.slice(1) : rest };
}

/** Splits a stream by octet counting (RFC 6587 §3.4.1). */
export function framesOf(stream: Buffer): readonly Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < stream.length;) {
    const [count, digits = ""] = /^([1-9]\d*) /.exec(stream.toString("latin1", at, at + 8)) ?? [];
    assert.ok(count !== undefined, stream.toString("latin1", at, at + 8));
    const start = at + count.length;
    at = start + Number(digits);
    assert.ok(at <= stream.length, "a frame is shorter than its length");
    frames.push(stream.subarray(start, at));
  }
  return frames;
}
