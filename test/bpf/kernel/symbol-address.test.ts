import assert from "node:assert/strict";
import { test } from "node:test";
import { addressIn } from "../../../bpf/kernel/symbol-address.ts";

const KALLSYMS = Buffer.from(
  "ffffffff81000000 T _text\nffffffff82a01000 D avenrun\nffffffff82a01010 d avenrun_more\nffffffffc0001000 t helper\t[module]\n",
);

test("a symbol's address is that of its whole name", () => {
  assert.equal(addressIn(KALLSYMS, "avenrun"), 0xffffffff82a01000n);
  assert.equal(addressIn(KALLSYMS, "_text"), 0xffffffff81000000n);
  assert.equal(addressIn(KALLSYMS, "avenru"), undefined);
  assert.equal(addressIn(KALLSYMS, "helper"), undefined);
});

test("hidden addresses are not used", () => {
  assert.equal(addressIn(Buffer.from("0000000000000000 T _text\n"), "_text"), undefined);
  assert.equal(addressIn(Buffer.alloc(0), "_text"), undefined);
});
