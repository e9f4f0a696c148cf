import assert from "node:assert/strict";
import { test } from "node:test";
import type { MapSpec } from "../../../bpf/compile/object-spec.ts";
import { KNOWN_KEYS_MAP } from "../../../bpf/compile/shares.ts";
import { openGenerations } from "../../../bpf/load/generations.ts";
import { loadObject } from "../../../bpf/load/load-object.ts";
import { call } from "../daemon/call-rules.ts";
import { skipWithoutBpf } from "../privilege.ts";
import { build } from "../support/loaded-rule.ts";
import { MemoryCgroup } from "../support/memory-cgroup.ts";

/** BPF_F_NO_PREALLOC: memory for an entry is asked for when it comes, and may be refused. */
const NO_PREALLOC = 1;
const KEYS = 5_000;

const RULE = `rule: refused
probe: tracepoint:syscalls:sys_enter_getpriority
filter: pid == ${process.pid}
by: {who: args.who}
aggregate: count()
`;

/** Room for all keys, and no memory: ENOMEM, where a full map says E2BIG. */
async function healthWithoutMemory(names: readonly string[]) {
  using group = new MemoryCgroup(`bpfwarden-refused-${process.pid}`, 1 << 30);
  const { object } = build(RULE, undefined, { keyLimit: 2 * KEYS });
  const poor = (map: MapSpec): MapSpec => (names.includes(map.name) ? { ...map, flags: map.flags | NO_PREALLOC } : map);
  using generations = openGenerations();
  await using loaded = group.within(() => loadObject({ ...object, maps: object.maps.map(poor) }, generations));
  group.close();
  for (let who = 0; who < KEYS; who++) call(who);
  return loaded.drain(await generations.flip()).health;
}

for (const names of [[KNOWN_KEYS_MAP], ["keys_0", "keys_1"]])
  test(
    `an entry of ${names.join()} that fails for lack of memory does not count as over the limit`,
    { skip: skipWithoutBpf },
    async () => {
      const health = await healthWithoutMemory(names);
      assert.equal(health.matched, BigInt(KEYS));
      assert.ok(health.lost_busy > 0n, "every entry found memory");
      assert.equal(health.lost_keys, 0n);
    },
  );
