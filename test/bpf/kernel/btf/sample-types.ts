import type { BtfType } from "../../../../bpf/kernel/btf-type.ts";
import { writeBtf } from "./write-btf.ts";

const PLAIN = { bitfieldBits: 0 };

/** A few types that hold every kind once; ids are the comments. */
export const SAMPLE_TYPES: readonly BtfType[] = [
  /* 1 */ { kind: "int", name: "int", bytes: 4, signed: true, bool: false, char: false },
  /* 2 */ { kind: "int", name: "char", bytes: 1, signed: false, bool: false, char: true },
  /* 3 */ { kind: "typedef", name: "pid_t", to: 1 },
  /* 4 */ { kind: "modifier", modifier: "const", name: "", to: 2 },
  /* 5 */ { kind: "pointer", to: 4 },
  /* 6 */ { kind: "array", element: 2, count: 16 },
  /* 7 */ {
    kind: "union",
    name: "",
    bytes: 8,
    members: [
      { name: "word", type: 1, bitOffset: 0, ...PLAIN },
      { name: "", type: 8, bitOffset: 0, ...PLAIN },
    ],
  },
  /* 8 */ {
    kind: "struct",
    name: "",
    bytes: 8,
    members: [
      { name: "low", type: 1, bitOffset: 0, ...PLAIN },
      { name: "high", type: 3, bitOffset: 32, ...PLAIN },
    ],
  },
  /* 9 */ {
    kind: "struct",
    name: "task",
    bytes: 40,
    members: [
      { name: "pid", type: 3, bitOffset: 0, ...PLAIN },
      { name: "flag", type: 1, bitOffset: 32, bitfieldBits: 1 },
      { name: "kind", type: 1, bitOffset: 33, bitfieldBits: 3 },
      { name: "", type: 7, bitOffset: 64, ...PLAIN },
      { name: "comm", type: 6, bitOffset: 128, ...PLAIN },
      { name: "parent", type: 10, bitOffset: 256, ...PLAIN },
    ],
  },
  /* 10 */ { kind: "pointer", to: 9 },
  /* 11 */ {
    kind: "enum",
    name: "state",
    bytes: 4,
    signed: true,
    values: [
      { name: "STATE_BROKEN", value: -1n },
      { name: "STATE_RUNNING", value: 1n },
    ],
  },
  /* 12 */ {
    kind: "enum",
    name: "wide",
    bytes: 8,
    signed: false,
    values: [{ name: "WIDE_TOP", value: 0x8000000000000001n }],
  },
  /* 13 */ {
    kind: "prototype",
    returns: 1,
    parameters: [
      { name: "task", type: 10 },
      { name: "format", type: 5 },
      { name: "", type: 0 },
    ],
  },
  /* 14 */ { kind: "function", name: "do_task", prototype: 13 },
  /* 15 */ { kind: "forward", name: "hidden", union: false },
  /* 16 */ { kind: "pointer", to: 13 },
  /* 17 */ { kind: "modifier", modifier: "type_tag", name: "user", to: 2 },
  /* 18 */ { kind: "pointer", to: 17 },
  /* 19 */ { kind: "float", name: "double", bytes: 8 },
  /* 20 */ { kind: "struct", name: "state", bytes: 4, members: [{ name: "value", type: 1, bitOffset: 0, ...PLAIN }] },
  /* 21 */ { kind: "struct", name: "task", bytes: 0, members: [] },
  /* 22 */ { kind: "modifier", modifier: "const", name: "", to: 10 },
  /* 23 */ { kind: "array", element: 10, count: 2 },
];

export function sampleBtf(): Buffer {
  return writeBtf(SAMPLE_TYPES);
}
