import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { keyText, verifierKey } from "../../../daemon/seal/note.ts";
import { checkProof, parseProof, proofText } from "../../../daemon/seal/proof-file.ts";
import { proveRecord } from "../../../daemon/seal/prove-record.ts";
import { consistencyProof, inclusionProof, rootOfInclusion, rootsOfConsistency } from "../../../daemon/seal/proofs.ts";
import { GrowingTree } from "../../../daemon/seal/growing-tree.ts";
import { leafHash, nodeHash } from "../../../daemon/seal/merkle-hash.ts";
import { newKey, openSealed, ORIGIN, recordLine } from "./sealed-fixture.ts";

interface Answer {
  readonly root: string;
  readonly proofs: readonly boolean[];
}

/** Asks the implementation in Python, which is written from the standards. */
function python(task: object): Answer {
  const { stdout, stderr } = spawnSync("python3", [join(import.meta.dirname, "rfc6962.py")], {
    input: JSON.stringify(task),
    encoding: "utf8",
  });
  assert.equal(stderr, "");
  return JSON.parse(stdout) as Answer;
}

test("an implementation in Python gives the same root, and accepts the proofs but no changed one", async () => {
  const privateKey = newKey();
  const verifier = verifierKey(ORIGIN, privateKey);
  const key = keyText(verifier);
  await using sealed = openSealed({ privateKey, maxBytes: 20_000 });
  const count = 777;
  for (let number = 0; number < count; number += 111)
    await sealed.write(...Array.from({ length: 111 }, (_, index) => recordLine(number + index)));
  await sealed.log.release();
  const texts: string[] = [];
  for (const record of [0, 1, 255, 256, 511, 512, 700, 777]) {
    const proof = await proveRecord(sealed.path, record);
    assert.ok(typeof proof !== "string");
    assert.ok(typeof checkProof(proof, verifier) !== "string");
    texts.push(proofText(proof));
    const other = { ...proof, line: Buffer.from(`${proof.line.toString()} `) };
    assert.equal(checkProof(other, verifier), "the record is not in the log of the checkpoint");
    assert.deepEqual(parseProof(proofText(proof)), proof);
  }
  const changed = texts.map((text) =>
    text.replace(/^index (.*)$/m, (_, index: string) => `index ${Number(index) === 1 ? 2 : 1}`),
  );
  const files = [...Array.from({ length: 9 }, (_, index) => `.${9 - index}`), ""].flatMap((suffix) => {
    try {
      return readFileSync(`${sealed.path}${suffix}`, "utf8").trimEnd().split("\n");
    } catch {
      return [];
    }
  });
  const answer = python({
    leaves: files.map((line) => Buffer.from(line).toString("base64")),
    proofs: [...texts, ...changed].map((text) => ({ text, key })),
  });
  assert.deepEqual(answer.proofs, [...texts.map(() => true), ...changed.map(() => false)]);
  assert.equal(texts[0]?.split("\n\n")[1]?.split("\n")[2], answer.root);
  assert.ok(Buffer.byteLength(texts[0] ?? "") < 3000);
});

test("inclusion and consistency proofs lead to the roots, in trees of all sizes up to 70", async () => {
  const leaves = Array.from({ length: 70 }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)));
  const rootOf = (hashes: readonly Buffer[]): Buffer => {
    const tree = new GrowingTree();
    for (const hash of hashes) tree.add(hash);
    return tree.root();
  };
  const subtree = async (level: number, first: number): Promise<Buffer> =>
    Promise.resolve(rootOf(leaves.slice(first, first + 2 ** level)));
  for (let size = 1; size <= leaves.length; size++) {
    const root = rootOf(leaves.slice(0, size));
    for (let leaf = 0; leaf < size; leaf++) {
      const proof = await inclusionProof(leaf, size, subtree);
      const at = leaves[leaf] ?? Buffer.alloc(0);
      assert.deepEqual(rootOfInclusion(leaf, size, at, proof), root);
      assert.equal(rootOfInclusion(leaf, size, at, [...proof, root])?.equals(root) ?? false, false);
    }
    for (let old = 1; old <= size; old++) {
      const oldRoot = rootOf(leaves.slice(0, old));
      const proof = await consistencyProof(old, size, subtree);
      assert.deepEqual(rootsOfConsistency(old, size, oldRoot, proof), { old: oldRoot, now: root });
    }
  }
});

test("the tree of RFC 6962's example has its shape", () => {
  const [d0, d1, d2, d3, d4, d5, d6] = Array.from({ length: 7 }, (_, index) => leafHash(Buffer.from([index])));
  assert.ok(d0 && d1 && d2 && d3 && d4 && d5 && d6);
  const left = nodeHash(nodeHash(d0, d1), nodeHash(d2, d3));
  const right = nodeHash(nodeHash(d4, d5), d6);
  const tree = new GrowingTree();
  for (const leaf of [d0, d1, d2, d3, d4, d5, d6]) tree.add(leaf);
  assert.deepEqual(tree.root(), nodeHash(left, right));
});
