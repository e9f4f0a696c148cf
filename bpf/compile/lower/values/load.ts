import type { Scalar } from "../../../check/typed-expression.ts";
import { FRAME, alu, immediate, jump, load, move } from "../../instruction.ts";
import type { AccessBytes, Register } from "../../instruction.ts";
import { addressOf, onStack } from "../lowering.ts";
import type { Lowering } from "../lowering.ts";
import { lowerScalar } from "../values.ts";
import { faultWhere } from "../unreadable.ts";

type Load = Extract<Scalar, { readonly op: "load" }>;
type ContextLoad = Extract<Scalar, { readonly op: "context" }>;

/**
 * Sign- or zero-extends the low `bits` of `register` in place. Zero extension is emitted only if
 * the bits above may be set.
 */
export function extendInPlace(
  lowering: Lowering,
  register: Register,
  bits: number,
  signed: boolean,
  dirty: boolean,
): void {
  if (bits === 64 || (!signed && !dirty)) return;
  const { emitter } = lowering;
  if (!signed && bits === 32) emitter.emit(alu(register, "=", register, 32));
  else if (!signed && bits <= 16) emitter.emit(alu(register, "&", immediate(2 ** bits - 1)));
  else {
    const shift = immediate(64 - bits);
    emitter.emit(alu(register, "<<", shift), alu(register, signed ? "s>>" : ">>", shift));
  }
}

/**
 * Loads a field of the context. Arguments of typed raw tracepoints can only be loaded as whole
 * words (btf_ctx_access in the kernel).
 */
export function lowerContextLoad(lowering: Lowering, scalar: ContextLoad): Register {
  const { emitter, context, hasTypedContext } = lowering;
  const value = emitter.register();
  const wholeWord = hasTypedContext && scalar.bytes < 8;
  if (!wholeWord) emitter.emit(load(scalar.bytes, value, context, scalar.offset));
  else {
    emitter.emit(load(8, value, context, scalar.offset & ~7));
    const shift = 8 * (scalar.offset & 7);
    if (shift !== 0) emitter.emit(alu(value, ">>", immediate(shift)));
  }
  extendInPlace(lowering, value, 8 * scalar.bytes, scalar.signed, wholeWord);
  return value;
}

/** Loads a value from memory that a pointer leads to. */
export function lowerLoad(lowering: Lowering, scalar: Load): Register {
  const value =
    scalar.how === "direct"
      ? loadDirectly(lowering, scalar)
      : probeRead(lowering, scalar.how, lowerScalar(lowering, scalar.base), scalar.offset, scalar.bytes);
  const { bitfield, bytes, signed } = scalar;
  if (bitfield === undefined) extendInPlace(lowering, value, 8 * bytes, signed, false);
  else {
    if (bitfield.shift !== 0) lowering.emitter.emit(alu(value, ">>", immediate(bitfield.shift)));
    extendInPlace(lowering, value, bitfield.bits, signed, bitfield.shift + bitfield.bits !== 8 * bytes);
  }
  return value;
}

/**
 * Loads through a typed pointer, which may be null. The verifier requires the check if it knows
 * that (arguments since 6.14, RCU fields).
 */
function loadDirectly(lowering: Lowering, { base, offset, bytes }: Load): Register {
  const { emitter } = lowering;
  const pointer = lowerScalar(lowering, base);
  const value = emitter.register();
  const done = emitter.label("loaded");
  emitter.emit(move(value, immediate(0)), jump(pointer, "==", immediate(0), done));
  emitter.emit(load(bytes, value, pointer, offset));
  emitter.place(done);
  return value;
}

/** Calls bpf_probe_read_{kernel,user} for one value. A fault leaves 0, and is counted. */
export function probeRead(
  lowering: Lowering,
  space: "kernel" | "user",
  address: Register,
  offset: number,
  bytes: AccessBytes,
): Register {
  const { emitter, frame } = lowering;
  return frame.with(8, (slot) => {
    emitter.call(
      `probe_read_${space}`,
      addressOf(lowering, onStack(slot)),
      immediate(bytes),
      addressOf(lowering, { base: address, offset }),
    );
    faultWhere(lowering, "!=", space, address);
    const value = emitter.register();
    emitter.emit(load(bytes, value, FRAME, slot));
    return value;
  });
}
