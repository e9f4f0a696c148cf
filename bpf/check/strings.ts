import type { BytesTerm } from "./term.ts";
import type { Bytes } from "./typed-expression.ts";

/** A string cut to the room it gets: what has a bound of its own keeps it where it is smaller. */
export function fitString(term: BytesTerm, room: number): BytesTerm {
  if (term.type.kind !== "string") return term;
  const bytes = fitBytes(term.bytes, room);
  return { ...term, bytes, type: { ...term.type, maxBytes: bytes.bytes }, elastic: false };
}

function fitBytes(bytes: Bytes, room: number): Bytes {
  switch (bytes.op) {
    case "string":
    case "path":
      return { ...bytes, bytes: Math.min(bytes.bytes, room) };
    case "choose": {
      const then = fitBytes(bytes.then, room);
      const otherwise = fitBytes(bytes.otherwise, room);
      return { ...bytes, then, otherwise, bytes: Math.max(then.bytes, otherwise.bytes) };
    }
    default:
      return bytes;
  }
}
