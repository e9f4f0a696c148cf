import type { Span } from "../../source/source.ts";
import type { Scope } from "../scope.ts";
import type { Term } from "../term.ts";

/** A name that every probe has: one record each. */
export interface Builtin {
  readonly name: string;
  /** a sentence for documentation */
  readonly doc: string;
  /** reports at `span` where this probe or kernel cannot give it */
  lower(scope: Scope, span: Span): Term;
}
