import type { Span } from "../../source/source.ts";
import type { Scope } from "../scope.ts";
import type { Term } from "../term.ts";

/** A name that every probe has. Each has one record. */
export interface Builtin {
  readonly name: string;
  /** a sentence for documentation */
  readonly doc: string;
  /** returns the value, or reports at `span` that this probe or kernel does not have it */
  lower(scope: Scope, span: Span): Term;
}
