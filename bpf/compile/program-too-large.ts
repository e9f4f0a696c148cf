/** A rule of which the compiler can make no program that a kernel takes. */
export class ProgramTooLarge extends Error {
  override readonly name = "ProgramTooLarge";

  /** @param need what there is too little of, such as "512 bytes of stack" */
  constructor(need: string) {
    super(`expected a rule that fits into ${need}, found one that needs more`);
  }
}
