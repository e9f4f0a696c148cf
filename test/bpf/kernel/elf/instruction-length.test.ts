import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { instructionLength } from "../../../../bpf/kernel/elf/instruction-length.ts";

/** Instructions, each a row of Intel's or AMD's manual, as bytes in hexadecimal. */
const INSTRUCTIONS: readonly (readonly [bytes: string, name: string])[] = [
  ["c3", "ret"],
  ["f30f1efa", "endbr64"],
  ["55", "push %rbp"],
  ["4883ec10", "sub $16, %rsp"],
  ["4881ec00010000", "sub $256, %rsp"],
  ["6681ec0001", "sub $256, %sp"],
  ["b801000000", "mov $1, %eax"],
  ["66b80100", "mov $1, %ax"],
  ["48b80102030405060708", "movabs, a number of 64 bits"],
  ["a10102030405060708", "movabs, an address of 64 bits"],
  ["67a101020304", "mov, an address of 32 bits"],
  ["8b0500000000", "mov by the instruction's own address"],
  ["8b042500000000", "mov by SIB without a base"],
  ["8b442408", "mov by SIB with a displacement of a byte"],
  ["8b842400010000", "mov by SIB with one of four"],
  ["f6c701", "test, of group 3 with a number"],
  ["f7c700010000", "test of four bytes"],
  ["66f7c70001", "test of two"],
  ["f7d8", "neg, of group 3 without a number"],
  ["e800000000", "call"],
  ["0f8400000000", "je"],
  ["7400", "je, short"],
  ["c8100000", "enter"],
  ["c21000", "ret, popping"],
  ["66662e0f1f840000000000", "nop of eleven bytes"],
  ["660f3a0fc108", "palignr"],
  ["660f380000", "pshufb"],
  ["c5f877", "vzeroupper"],
  ["c5f96fc1", "vmovdqa"],
  ["c5f970c101", "vpshufd"],
  ["c4e37d39c101", "vextracti128"],
  ["62f17c48104140", "vmovups of 512 bits, with a displacement of a byte"],
  ["62f37d48030001", "valignd"],
  ["8fe878c0c101", "vprotb of XOP"],
  ["8f00", "pop, which begins as XOP does"],
  ["8fea7810c101020304", "bextr of XOP"],
  ["0f0fc1b4", "pfmul of 3DNow!"],
  ["f20f78c10102", "insertq of SSE4a"],
  ["0f78c1", "vmread"],
  ["482e90", "nop behind a REX byte that does not count"],
];

test("instructions are as long as the manuals say", () => {
  for (const [hex, name] of INSTRUCTIONS) {
    const code = Buffer.concat([Buffer.from(hex, "hex"), Buffer.alloc(15, 0x90)]);
    assert.equal(instructionLength(code, 0), hex.length / 2, `${name}: ${hex}`);
  }
});

test("invalid, unknown or cut instructions have no length", () => {
  for (const hex of ["06", "0f04", "62f4fc0801c0", "d5", "e80000", "", "66".repeat(15) + "90"])
    assert.equal(instructionLength(Buffer.from(hex, "hex"), 0), undefined, hex);
});

test(
  "instructions of a whole program are as long as objdump says",
  { skip: process.arch !== "x64" && "its programs have other instructions" },
  () => {
    const text = execFileSync("objdump", ["-d", "-w", "-j", ".text", "/bin/ls"], { maxBuffer: 1 << 28 }).toString();
    // What objdump does not know, and the wait (9b) that it takes together with what waits.
    const lines = [...text.matchAll(/^ +[\da-f]+:\t((?:[\da-f]{2} )+)\s*\t?(.*)$/gm)].filter(
      ([, hex = "", words = ""]) => !/\(bad\)|^rex/.test(words) && !/^9b ./.test(hex),
    );
    assert.ok(lines.length > 10_000);
    const wrong = lines.filter(([, hex = ""]) => {
      const bytes = Buffer.from(hex.replaceAll(" ", ""), "hex");
      return instructionLength(Buffer.concat([bytes, Buffer.alloc(15, 0x90)]), 0) !== bytes.length;
    });
    assert.deepEqual(
      wrong.map(([line]) => line),
      [],
    );
  },
);
