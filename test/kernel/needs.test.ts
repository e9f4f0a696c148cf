import assert from "node:assert/strict";
import { type MachineFeature, machineFeatures, thisGuest } from "../vm/features.ts";
import { guests } from "../vm/guests.ts";
import { finds } from "./needs.ts";
import { kernelTest } from "./privilege.ts";

kernelTest("a guest has exactly the features of the kept list", () => {
  const table: readonly (readonly [string, MachineFeature])[] = Object.entries(machineFeatures);
  const listed = table.filter(([, { guests: names }]) => thisGuest !== undefined && names.includes(thisGuest));
  const found = Object.entries(finds).filter(([, isThere]) => isThere());
  if (thisGuest !== undefined)
    assert.deepEqual(
      found.map(([name]) => name),
      listed.map(([name]) => name),
    );
});

kernelTest("the kept list names guests of the matrix", () => {
  const known = guests.map(({ name }) => name);
  const named = Object.values(machineFeatures).flatMap(({ guests: names }): readonly string[] => names);
  assert.deepEqual(
    named.filter((name) => !known.includes(name)),
    [],
  );
});
