import type { Difference } from "./compare-lines.ts";

/** The kinds of faults of a log and its seal. Numbers of records begin at 0, numbers of lines at 1. */
export type FaultKind =
  | Difference
  | { readonly kind: "not sealed" }
  | { readonly kind: "file missing"; readonly record: number; readonly count: number }
  | { readonly kind: "unknown file" }
  | { readonly kind: "unreadable"; readonly why: string }
  | { readonly kind: "hashes missing"; readonly record: number; readonly count: number }
  | { readonly kind: "hashes changed"; readonly record: number; readonly count: number }
  | { readonly kind: "inner hashes changed"; readonly level: number }
  | { readonly kind: "bad signature"; readonly size: number }
  | { readonly kind: "other key"; readonly key: string }
  | { readonly kind: "witness"; readonly size: number; readonly sealed: number; readonly where: string };

/** A fault of a log, with the file in which it is. */
export interface LogFault {
  readonly path: string;
  readonly fault: FaultKind;
}

export function faultOf(path: string, fault: FaultKind): LogFault {
  return { path, fault };
}

type Words = { readonly [Kind in FaultKind["kind"]]: (fault: Extract<FaultKind, { kind: Kind }>) => string };

const WORDS: Words = {
  changed: ({ record, count }) => `${range(record, count)} ${was(count)} changed`,
  missing: ({ record, count }) => `${range(record, count)} ${is(count)} missing before this line`,
  added: ({ count }) => `${lines(count)} ${was(count)} added: no record was sealed for ${count === 1 ? "it" : "them"}`,
  "not sealed": () => "no checkpoint is signed by the key: this log is not sealed, or its seal was removed",
  "file missing": ({ record, count }) => `the file with ${range(record, count)} is missing`,
  "unknown file": () => "this file is not a part of the log: none of its lines was sealed at this place",
  unreadable: ({ why }) => `this file cannot be decompressed to its end: ${why}`,
  "hashes missing": ({ record, count }) => `the hashes of ${range(record, count)} are missing`,
  "hashes changed": ({ record, count }) => `hashes changed within ${range(record, count)}`,
  "inner hashes changed": ({ level }) => `hashes of level ${level} changed: proofs that need them are wrong`,
  "bad signature": ({ size }) => `the checkpoint of ${size} records is not signed by the key`,
  "other key": ({ key }) => `the seal was continued with another key: ${key}`,
  witness: ({ size, sealed, where }) =>
    size > sealed
      ? `the log was cut: it has ${sealed} records; the checkpoint in ${where} covers ${size}`
      : `the first ${size} records are not those of the checkpoint in ${where}`,
};

/** Returns a fault as text, in the words of a user: records count from 1 there. */
export function faultText(fault: FaultKind): string {
  const words = WORDS[fault.kind] as (of: FaultKind) => string;
  return words(fault);
}

/** Returns the line of a fault; undefined if it is not at one line. */
export function faultLine(fault: FaultKind): number | undefined {
  return "line" in fault ? fault.line : undefined;
}

function range(record: number, count: number): string {
  return count === 1 ? `record ${record + 1}` : `records ${record + 1} to ${record + count}`;
}

const lines = (count: number): string => (count === 1 ? "1 line" : `${count} lines`);
const is = (count: number): string => (count === 1 ? "is" : "are");
const was = (count: number): string => (count === 1 ? "was" : "were");
