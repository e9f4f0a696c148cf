/**
 * What a tracepoint's record holds, by field, as expressions over the arguments of the tracepoint: what TP_fast_assign of
 * include/trace/events/CATEGORY.h does, in the language of rules. Besides builtins they may use `arg0`, `arg1` … and arguments that
 * point to a struct by the name of that (of two alike the second is `NAME_2`), for kernels differ in what other arguments there are before
 * them; `args.NAME` where they agree on the name of one. Only what has been the same from Linux 5.10 to 6.18 is here, or tells by its names
 * which kernel it is of; a field that is left out, or whose expression a kernel does not understand, is read from the record.
 */
export type FieldExpressions = Readonly<Record<string, string>>;
