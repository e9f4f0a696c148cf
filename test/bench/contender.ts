import type { ProgramInfo } from "libbpf-ts";

/** Something that counts getppid(2) calls in the kernel, for as long as it is held. */
export interface Attached extends AsyncDisposable {
  /** run time of its programs so far, together */
  info(): Pick<ProgramInfo, "runTimeNs">;
}

export interface Contender {
  readonly name: string;
  attach(): Promise<Attached>;
}
