/** One `field:` line of a format file. */
export interface FieldDeclaration {
  readonly name: string;
  /** type as spelled, with array bounds at its end: `__u8[4]`, `__data_loc char[]` */
  readonly cType: string;
  /** type without bounds and without `__data_loc`; for an array the type of an element */
  readonly baseType: string;
  readonly array: boolean;
  /**
   * set if it is elsewhere in the record: `data` counts from the record's start, `relative` from
   * the field's end
   */
  readonly located?: "data" | "relative";
  /** true if marked `__user`, by a compiler that keeps the mark */
  readonly user: boolean;
  readonly offset: number;
  readonly bytes: number;
  readonly signed: boolean;
}

const LINE = /^\s*field:(.+);\s*offset:(\d+);\s*size:(\d+);(?:\s*signed:([01]);)?\s*$/;
const ATTRIBUTE = /__attribute__\(\((?:[^()]|\([^()]*\))*\)\)\s*/g;

/**
 * Reads a line such as `field:__u8 saddr[4]; offset:34; size:4; signed:0;`. Returns undefined for
 * any other line.
 */
export function readFieldDeclaration(line: string): FieldDeclaration | undefined {
  const [, written = "", offset, size, signed] = LINE.exec(line) ?? [];
  const [, type = "", name, bounds = ""] = /^(.*?)(\w+)\s*((?:\[[^\]]*\])*)$/.exec(written.trim()) ?? [];
  if (name === undefined) return undefined;
  const spelled = type.replaceAll(ATTRIBUTE, "").trim();
  const location = /^__(data|rel)_loc\s+/.exec(spelled);
  const unlocated = spelled.slice(location?.[0].length ?? 0);
  const baseType = unlocated.replace(/\s*(\[[^\]]*\])+$/, "");
  return {
    name,
    cType: spelled + bounds,
    baseType,
    array: bounds !== "" || baseType !== unlocated,
    ...(location === null ? {} : { located: location[1] === "data" ? "data" : "relative" }),
    user: /btf_type_tag\("user"\)|\b__user\b/.test(type),
    offset: Number(offset),
    bytes: Number(size),
    signed: signed === "1",
  };
}
