import assert from "node:assert/strict";
import { test } from "node:test";
import { findMember, memberNames } from "../../../../bpf/kernel/btf/find-member.ts";
import { openBtf } from "../../../../bpf/kernel/btf/open-btf.ts";
import { resolve, sizeOf } from "../../../../bpf/kernel/btf/resolve.ts";
import { spell } from "../../../../bpf/kernel/btf/spell.ts";
import { KernelFactsError } from "../../../../bpf/kernel/kernel-facts-error.ts";
import type { Btf } from "../../../../bpf/kernel/kernel.ts";
import { sampleBtf } from "./sample-types.ts";

const ROUNDS = 3000;

test("randomly spoilt blobs give KernelFactsError or an answer, nothing else", () => {
  const random = randomNumbers(20261123);
  let refused = 0;
  for (let round = 0; round < ROUNDS; round++) {
    if (!survives(spoil(sampleBtf(), random))) refused++;
  }
  assert.ok(refused > ROUNDS / 10 && refused < ROUNDS, `${refused} of ${ROUNDS} refused`);
});

test("every truncation is refused", () => {
  const blob = sampleBtf();
  for (let length = 0; length < blob.length; length++) {
    assert.throws(() => openBtf(blob.subarray(0, length)), KernelFactsError);
  }
});

function spoil(blob: Buffer, random: () => number): Buffer {
  for (let flips = 1 + (random() % 4); flips > 0; flips--) blob[random() % blob.length] = random() & 0xff;
  return blob;
}

/**
 * Asks everything of a blob; whether it could be opened at all. Anything but a KernelFactsError is
 * thrown on.
 */
function survives(blob: Buffer): boolean {
  let btf: Btf | undefined;
  if (!tolerates(() => (btf = openBtf(blob))) || btf === undefined) return false;
  const opened: Btf = btf;
  tolerates(() => opened.enumerator("STATE_RUNNING"));
  tolerates(() => opened.find("struct", "task"));
  tolerates(() => [...opened.names("struct")]);
  for (let id = 0; id < opened.typeCount; id++) askOf(opened, id);
  return true;
}

function askOf(btf: Btf, id: number): void {
  for (const ask of [resolve, sizeOf, spell, memberNames]) tolerates(() => ask(btf, id));
  tolerates(() => findMember(btf, id, "high"));
}

function tolerates(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch (error) {
    if (error instanceof KernelFactsError) return false;
    throw error;
  }
}

/** A linear congruential generator, so that a failure can be repeated. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 8;
  };
}
