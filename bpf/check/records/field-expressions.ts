/**
 * The fields of a tracepoint's record, as expressions over the arguments of the tracepoint. They do
 * the same as TP_fast_assign of include/trace/events/CATEGORY.h, in the language of rules.
 *
 * Besides builtins they may use three kinds of names. `arg0`, `arg1` … are arguments by position.
 * An argument that points to a struct has the name of the struct, and the second of the same struct
 * is `NAME_2`: kernels differ in the other arguments before it. `args.NAME` is an argument whose
 * name is the same in all kernels. `field_bytes` is the room for a text in the record, and
 * `socket_cookie` is what sock_gen_cookie returns for the argument `sock`.
 *
 * An expression is here only if it is right from Linux 5.10 to 6.18, or if its names say which
 * kernel it is for. A field without an expression, or whose expression a kernel does not
 * understand, is read from the record.
 */
export type FieldExpressions = Readonly<Record<string, FieldExpression>>;

/**
 * The expression of a field. An array has one for each element; a socket address has one for the
 * address and one for the port.
 */
export type FieldExpression =
  string | { readonly elements: readonly string[] } | { readonly address: string; readonly port: string };
