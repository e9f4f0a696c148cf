import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeInstruction } from "../../../bpf/compile/encode-instruction.ts";
import {
  alu,
  atomic,
  call,
  EXIT,
  goTo,
  immediate,
  instructionWords,
  jump,
  load,
  mapDescriptor,
  mapValue,
  move,
  negate,
  store,
  swap,
  wide,
} from "../../../bpf/compile/instruction.ts";
import type { Instruction } from "../../../bpf/compile/instruction.ts";

/**
 * Each instruction, its assembly as `llvm-objdump -d` spells it, and the bytes; jumps go 5 words
 * on.
 */
const ROWS: readonly (readonly [Instruction, string, string])[] = [
  [move(1, 2), "r1 = r2", "bf21000000000000"],
  [move(1, immediate(-1)), "r1 = -1", "b7010000ffffffff"],
  [alu(3, "=", 4, 32), "w3 = w4", "bc43000000000000"],
  [alu(1, "+", immediate(7)), "r1 += 7", "0701000007000000"],
  [alu(1, "+", 2), "r1 += r2", "0f21000000000000"],
  [alu(1, "-", 2), "r1 -= r2", "1f21000000000000"],
  [alu(1, "*", immediate(3)), "r1 *= 3", "2701000003000000"],
  [alu(1, "/", 2), "r1 /= r2", "3f21000000000000"],
  [alu(1, "s/", 2), "r1 s/= r2", "3f21010000000000"],
  [alu(1, "%", immediate(10)), "r1 %= 10", "970100000a000000"],
  [alu(1, "s%", immediate(10)), "r1 s%= 10", "970101000a000000"],
  [alu(1, "|", 2), "r1 |= r2", "4f21000000000000"],
  [alu(1, "&", immediate(255)), "r1 &= 255", "57010000ff000000"],
  [alu(1, "^", 2), "r1 ^= r2", "af21000000000000"],
  [alu(1, "<<", immediate(32)), "r1 <<= 32", "6701000020000000"],
  [alu(1, ">>", 2), "r1 >>= r2", "7f21000000000000"],
  [alu(1, "s>>", immediate(63)), "r1 s>>= 63", "c70100003f000000"],
  [negate(9), "r9 = -r9", "8709000000000000"],
  [swap(2, 16), "r2 = be16 r2", "dc02000010000000"],
  [swap(2, 64), "r2 = be64 r2", "dc02000040000000"],
  [load(1, 0, 1, 3), "r0 = *(u8 *)(r1 + 3)", "7110030000000000"],
  [load(2, 0, 1, 4), "r0 = *(u16 *)(r1 + 4)", "6910040000000000"],
  [load(4, 0, 10, -8), "r0 = *(u32 *)(r10 - 8)", "61a0f8ff00000000"],
  [load(8, 6, 1, 16), "r6 = *(u64 *)(r1 + 16)", "7916100000000000"],
  [store(8, 10, -16, 3), "*(u64 *)(r10 - 16) = r3", "7b3af0ff00000000"],
  [store(1, 1, 2, 3), "*(u8 *)(r1 + 2) = r3", "7331020000000000"],
  [store(4, 10, -4, immediate(-2)), "*(u32 *)(r10 - 4) = -2", "620afcfffeffffff"],
  [store(8, 10, -8, immediate(0)), "*(u64 *)(r10 - 8) = 0", "7a0af8ff00000000"],
  [atomic("add", 0, 64, 1), "lock *(u64 *)(r0 + 64) += r1", "db10400000000000"],
  [atomic("exchange", 0, 8, 1), "r1 = xchg_64(r0 + 8, r1)", "db100800e1000000"],
  [atomic("compare-exchange", 6, 0, 1), "r0 = cmpxchg_64(r6 + 0, r0, r1)", "db160000f1000000"],
  [wide(1, 0x1122334455667788n), "r1 = 1234605616436508552 ll", "18010000887766550000000044332211"],
  [wide(2, -1n), "r2 = -1 ll", "18020000ffffffff00000000ffffffff"],
  [mapDescriptor(1, "state"), "map by descriptor", "18110000000000000000000000000000"],
  [mapValue(1, "control", 4), "value of a map at 4", "18210000000000000000000004000000"],
  [call("map_lookup_elem"), "call 1", "8500000001000000"],
  [call("ringbuf_reserve"), "call 131", "8500000083000000"],
  [jump(1, "==", immediate(0), "x"), "if r1 == 0 goto +5", "1501050000000000"],
  [jump(1, "!=", 2, "x"), "if r1 != r2 goto +5", "5d21050000000000"],
  [jump(1, ">", immediate(1), "x"), "if r1 > 1 goto +5", "2501050001000000"],
  [jump(1, ">=", 2, "x"), "if r1 >= r2 goto +5", "3d21050000000000"],
  [jump(1, "<", 2, "x"), "if r1 < r2 goto +5", "ad21050000000000"],
  [jump(1, "<=", 2, "x"), "if r1 <= r2 goto +5", "bd21050000000000"],
  [jump(1, "s>", immediate(-1), "x"), "if r1 s> -1 goto +5", "65010500ffffffff"],
  [jump(1, "s>=", 2, "x"), "if r1 s>= r2 goto +5", "7d21050000000000"],
  [jump(1, "s<", immediate(0), "x"), "if r1 s< 0 goto +5", "c501050000000000"],
  [jump(1, "s<=", 2, "x"), "if r1 s<= r2 goto +5", "dd21050000000000"],
  [jump(1, "&", immediate(1), "x"), "if r1 & 1 goto +5", "4501050001000000"],
  [goTo("x"), "goto +5", "0500050000000000"],
  [EXIT, "exit", "9500000000000000"],
];

for (const [instruction, assembly, bytes] of ROWS) {
  void test(`encodes ${assembly}`, () => {
    const words = instructionWords(instruction);
    const view = new DataView(new ArrayBuffer(8 * words));
    encodeInstruction(view, 0, instruction, 5);
    assert.equal(Buffer.from(view.buffer).toString("hex"), bytes);
  });
}

void test("refuses numbers that the machine has no room for", () => {
  const view = new DataView(new ArrayBuffer(8));
  assert.throws(() => encodeInstruction(view, 0, goTo("x"), 0x8000), /16 bits/);
  assert.throws(() => encodeInstruction(view, 0, move(16, 0), 0), /virtual register/);
});
