import { openGenerations } from "../../bpf/load/generations.ts";
import { loadObject } from "../../bpf/load/load-object.ts";
import { keepDrained } from "./keep-drained.ts";
import { build } from "../kernel/support/loaded-rule.ts";
import type { Contender } from "./contender.ts";

/** A rule of ours on getppid(2): `body` is what follows its name. */
export function bpfwardenContender(body: string): Contender {
  const { object } = build(`rule: bench\n${body}\n`);
  return {
    name: "bpfwarden",
    async attach() {
      const generations = openGenerations();
      const loaded = loadObject(object, generations);
      const drain = keepDrained(() => loaded.drainRecords(() => {}));
      return {
        info: () => loaded.totals(),
        async [Symbol.asyncDispose]() {
          drain[Symbol.dispose]();
          await loaded[Symbol.asyncDispose]();
          generations[Symbol.dispose]();
        },
      };
    },
  };
}
