import assert from "node:assert/strict";
import { test } from "node:test";
import { openFunctions } from "../../../bpf/kernel/functions.ts";

const symbols = [
  "ffffffff81000000 T vfs_read",
  "ffffffff81000010 t lookup_fast.constprop.0",
  "ffffffff81000020 t lookup_fast.cold",
  "ffffffff81000030 t get_info",
  "ffffffff81000040 t get_info",
  "ffffffff81000050 T do_int3",
  "ffffffff81000060 D some_data",
  "ffffffffc0000000 t get_info\t[ip_tables]",
  "",
].join("\n");
const blacklist = "0xffffffff81000050-0xffffffff81000060\tdo_int3\n";

for (const [title, traceable] of [
  [
    "the list of traceable functions",
    "vfs_read\nlookup_fast.constprop.0\nget_info\nget_info\ndo_int3\nget_info [ip_tables]\n",
  ],
  ["symbols, where there is no such list", undefined],
] as const) {
  const functions = openFunctions({ traceable, symbols, blacklist });

  test(`functions are found by name in ${title}`, () => {
    assert.deepEqual(functions.byName("vfs_read"), [{ name: "vfs_read" }]);
    const info = { name: "get_info" };
    assert.deepEqual(functions.byName("get_info"), [info, info, { ...info, module: "ip_tables" }]);
    assert.deepEqual(functions.byName("vfs_rea"), []);
    assert.deepEqual(functions.byName("lookup_fast"), []);
    assert.deepEqual(functions.copiesOf("lookup_fast"), [{ name: "lookup_fast.constprop.0" }]);
  });

  test(`functions that kprobes refuse exist but cannot be probed, in ${title}`, () => {
    assert.deepEqual(functions.byName("do_int3"), []);
    assert.equal(
      [...functions.all()].some(({ name }) => name === "do_int3"),
      false,
    );
    assert.equal(functions.exists("do_int3"), true);
    assert.equal(functions.exists("some_data"), false);
  });
}
