import assert from "node:assert/strict";
import { test } from "node:test";
import { checkExpression } from "../../../../bpf/check/expressions/check-expression.ts";
import { resolveProbe } from "../../../../bpf/check/probes/probe-kinds.ts";
import { rwbs } from "../../../../bpf/check/records/rwbs.ts";
import { createReporter } from "../../../../bpf/check/reporter.ts";
import { literalTerm } from "../../../../bpf/check/term.ts";
import type { FoundEnumerator, Kernel } from "../../../../bpf/kernel/kernel.ts";
import { fixtureKernel } from "../../kernel-fixture.ts";
import { expression } from "../rule.ts";

/** The numbers of include/linux/blk_types.h, as of Linux 6.18. */
const BLOCK = {
  ...{ REQ_OP_READ: 0n, REQ_OP_WRITE: 1n, REQ_OP_FLUSH: 2n, REQ_OP_DISCARD: 3n, REQ_OP_SECURE_ERASE: 5n },
  ...{ REQ_OP_ZONE_APPEND: 7n, REQ_OP_WRITE_ZEROES: 9n, REQ_OP_ZONE_OPEN: 11n, REQ_OP_ZONE_CLOSE: 13n },
  ...{ REQ_OP_ZONE_FINISH: 15n, REQ_OP_ZONE_RESET: 17n, REQ_OP_ZONE_RESET_ALL: 19n, REQ_OP_DRV_IN: 34n },
  ...{ __REQ_SYNC: 11n, __REQ_META: 12n, __REQ_FUA: 17n, __REQ_PREFLUSH: 18n, __REQ_RAHEAD: 19n, __REQ_ATOMIC: 25n },
};
const LINUX_6_19 = { ...BLOCK, BLK_TC_WRITE_ZEROES: 1n << 22n };

function kernelWith(enumerators: Readonly<Record<string, bigint>>): Kernel {
  const kernel = fixtureKernel();
  const { btf } = kernel;
  const find = (name: string): readonly FoundEnumerator[] => {
    const value = enumerators[name];
    return value === undefined ? [] : [{ value, enumId: 0 }];
  };
  const types: Kernel["btf"] = {
    typeCount: btf.typeCount,
    type: (id) => btf.type(id),
    find: (kind, name) => btf.find(kind, name),
    findAll: (kind, name) => btf.findAll(kind, name),
    enumerator: (name) => find(name)[0],
    enumerators: find,
    enumeratorNames: () => Object.keys(enumerators),
    cpuVariableOffset: (name) => btf.cpuVariableOffset(name),
    names: (kind) => btf.names(kind),
  };
  return { ...kernel, btf: types };
}

/** The letters for a request with this operation and these flags, in a record with room for 10. */
function lettersOf(
  enumerators: Readonly<Record<string, bigint>>,
  operation: bigint,
  ...flags: readonly bigint[]
): string {
  const reporter = createReporter();
  const value = flags.reduce((all, bit) => all | (1n << bit), operation);
  const text = "tracepoint:sched:sched_switch";
  const resolution = resolveProbe({ text, span: expression("1").span }, fixtureKernel());
  const [probe] = "probes" in resolution ? resolution.probes : [];
  assert.ok(probe);
  const term = checkExpression(expression(rwbs(String(value))), {
    kernel: kernelWith(enumerators),
    probe,
    reporter,
    bound: (name) => (name === "field_bytes" ? literalTerm(10n) : undefined),
    boundNames: () => ["field_bytes"],
    share: (each) => each,
  });
  assert.deepEqual(reporter.diagnostics, []);
  assert.ok(term?.form === "scalar" && term.scalar.op === "constant", "it is not a constant");
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(term.scalar.value);
  return bytes.toString("latin1").replace(/\0+$/, "");
}

test("a request that writes zeroes has letters of its own since Linux 6.19", () => {
  const { REQ_OP_WRITE_ZEROES: zeroes, __REQ_SYNC: sync, __REQ_PREFLUSH: preflush } = BLOCK;
  assert.equal(lettersOf(BLOCK, zeroes, sync), "NS");
  assert.equal(lettersOf(LINUX_6_19, zeroes, sync), "WZS");
  assert.equal(lettersOf(LINUX_6_19, zeroes, sync, preflush), "FWZS");
});

test("operations and flags have the letters of blk_fill_rwbs", () => {
  for (const enumerators of [BLOCK, LINUX_6_19]) {
    const of = (operation: bigint, ...flags: readonly bigint[]): string => lettersOf(enumerators, operation, ...flags);
    assert.equal(of(BLOCK.REQ_OP_READ, BLOCK.__REQ_RAHEAD, BLOCK.__REQ_META), "RAM");
    assert.equal(of(BLOCK.REQ_OP_WRITE, BLOCK.__REQ_FUA, BLOCK.__REQ_SYNC, BLOCK.__REQ_ATOMIC), "WFSU");
    assert.equal(of(BLOCK.REQ_OP_FLUSH, BLOCK.__REQ_PREFLUSH), "FF");
    assert.equal(of(BLOCK.REQ_OP_DISCARD), "D");
    assert.equal(of(BLOCK.REQ_OP_SECURE_ERASE, BLOCK.__REQ_SYNC), "DES");
    assert.equal(of(BLOCK.REQ_OP_ZONE_RESET_ALL, BLOCK.__REQ_SYNC), "ZRAS");
    assert.equal(of(BLOCK.REQ_OP_ZONE_CLOSE), "ZC");
    assert.equal(of(BLOCK.REQ_OP_DRV_IN), "N");
  }
});
