import type { CheckedProgram } from "../check/checked-program.ts";

/** Returns the number of frames of the deepest stack that a rule takes, 0 if it takes none. */
export function deepestStack({ programs }: CheckedProgram): number {
  return Math.max(0, ...programs.flatMap(({ steps }) => steps).map(framesIn));
}

/** Finds stacks anywhere in steps: steps hold values, which hold values. */
function framesIn(part: unknown): number {
  if (typeof part !== "object" || part === null || part instanceof Uint8Array) return 0;
  if ("op" in part && part.op === "stack" && "frames" in part) return Number(part.frames);
  let frames = 0;
  for (const [name, inner] of Object.entries(part)) if (name !== "span") frames = Math.max(frames, framesIn(inner));
  return frames;
}
