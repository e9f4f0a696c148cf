import assert from "node:assert/strict";
import { test } from "node:test";
import { readPrintFormat } from "../../../../bpf/kernel/tracepoint/print-format.ts";

test("each conversion takes its own argument", () => {
  const printed = readPrintFormat(
    '"100%% %-5lu %*d %.*s a=%pI4:%hu b=%pI6c", REC->n, 4, REC->d, 3, REC->s, REC->a, REC->p, REC->b',
  );
  assert.deepEqual(
    [...printed],
    [
      ["a", { address: 4 }],
      ["b", { address: 6 }],
    ],
  );
});

test("casts, brackets and & around a field do not hide it", () => {
  const printed = readPrintFormat('"%pI4 %pI4 %pI6", &REC->a, (const void *)(&(REC->b)), ((struct in6_addr *)REC->c)');
  assert.deepEqual(
    [...printed],
    [
      ["a", { address: 4 }],
      ["b", { address: 4 }],
      ["c", { address: 6 }],
    ],
  );
});

test("other byte orders, socket addresses and other extensions are not addresses", () => {
  const printed = readPrintFormat('"%pI4h %pISpc %pM %pS %pI4", REC->a, REC->b, REC->c, (void *)REC->d, REC->e');
  assert.deepEqual([...printed], [["e", { address: 4 }]]);
});

test("names have their values, with any characters", () => {
  const text = '"%s" "%d", __print_symbolic(REC->why, { 1, "A, (B" }, {(2 << 1), "quote \\" } "}, {C,"C"}), REC->n';
  assert.deepEqual(readPrintFormat(text).get("why"), {
    symbols: [
      { value: "1", name: "A, (B" },
      { value: "(2 << 1)", name: 'quote " } ' },
      { value: "C", name: "C" },
    ],
  });
});

test("an expression of more than one field gives nothing", () => {
  const text = '"%s %s %pI4", __print_symbolic(REC->a & 3, {1, "x"}), REC->b ? "p" : "q", REC->c + 1';
  assert.equal(readPrintFormat(text).size, 0);
});

test("an invalid format gives nothing", () => {
  for (const text of ["", "REC->a", '"%pI4"', '"%pI4", ', '"%s", __print_symbolic(REC->a', '"%pI4, REC->a']) {
    assert.equal(readPrintFormat(text).size, 0, text);
  }
});
