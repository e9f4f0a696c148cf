/** The compiler cannot make a program of this rule that a kernel accepts. */
export class ProgramTooLarge extends Error {
  override readonly name = "ProgramTooLarge";

  /** @param need the limit that is exceeded, such as "512 bytes of stack" */
  constructor(need: string) {
    super(`expected a rule that fits into ${need}, found one that needs more`);
  }
}
