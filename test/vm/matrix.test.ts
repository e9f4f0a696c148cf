import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { suite, test } from "node:test";
import { findTestFiles } from "../runner/test-files.ts";
import { readWholeRun } from "./changed-files.ts";
import { machineFeatures, mayBeElsewhere } from "./features.ts";
import { guests, leftOut, leftOutOf } from "./guests.ts";
import { libraryRuleTests, longTests, unchangedTests } from "./long-tests.ts";
import { systems } from "./systems/systems.ts";
import { ALL, taskOf } from "./task.ts";

suite("the matrix", () => {
  test("leaves out only existing files, and none that only guests run", () => {
    for (const file of Object.keys(leftOut)) {
      assert.ok(existsSync(file), file);
      assert.doesNotMatch(readFileSync(file, "utf8"), /needs\.ts"/, file);
    }
  });

  test("--all runs every kernel test in the oldest guest, and all but long ones in the others", () => {
    const { kernel } = findTestFiles(["test/kernel/"]);
    const expected = kernel.filter((file) => !Object.hasOwn(leftOut, file));
    for (const guest of guests) {
      const task = taskOf(guest, [ALL]);
      const missing = expected.filter((file) => !task.includes(`'${file}'`));
      assert.deepEqual(missing, [...(leftOutOf[guest.name] ?? [])].toSorted());
    }
    assert.deepEqual(
      Object.keys(leftOutOf),
      guests.slice(1).map(({ name }) => name),
    );
  });

  test("long tests name existing files, and run in the oldest guest if a subject has changed", () => {
    for (const path of Object.entries(longTests).flatMap(([file, subjects]) => [file, ...subjects]))
      assert.ok(existsSync(path), path);
    const [oldest, ...others] = guests;
    assert.ok(oldest);
    const bashAudit = Object.keys(longTests).find((file) => file.endsWith("bash-audit.test.ts"));
    assert.ok(bashAudit);
    const changed = ["README.md", "rules.d/bash-audit.yaml"];
    assert.ok(taskOf(oldest, [], changed).includes(`'${bashAudit}'`));
    for (const unknown of [undefined, ["README.md"]]) assert.ok(!taskOf(oldest, [], unknown).includes(bashAudit));
    for (const guest of others) assert.ok(!taskOf(guest, [], changed).includes(bashAudit));
    assert.deepEqual(unchangedTests([]).toSorted(), [...Object.keys(longTests), ...libraryRuleTests].toSorted());
    assert.ok(!unchangedTests([bashAudit]).includes(bashAudit));
  });

  test("machines that ran well are in the matrix, and have a commit", () => {
    const { commit, machines, systems: alone = {} } = readWholeRun();
    const known = [...guests, ...systems].map(({ name }) => name);
    for (const name of [...machines, ...Object.keys(alone)]) assert.ok(known.includes(name), name);
    for (const each of [commit, ...Object.values(alone)]) assert.match(each, /^[0-9a-f]{40}$/);
  });

  test("every guest has brief tests, and they are a part of all", () => {
    for (const guest of guests) {
      for (const word of guest.brief) assert.ok(existsSync(word), word);
      const all = taskOf(guest, [ALL]);
      const brief = taskOf(guest, [])
        .split(" ")
        .filter((word) => word.endsWith("test.ts'"));
      assert.ok(brief.length > 10, guest.name);
      for (const file of brief) assert.ok(all.includes(file), file);
    }
  });

  test("a guest leaves a test to others only if it lacks a feature that the test needs", () => {
    for (const [name, { guests: having }] of Object.entries(machineFeatures)) {
      const names: readonly string[] = having;
      for (const guest of guests) assert.equal(mayBeElsewhere(name, guest.name), !names.includes(guest.name));
      assert.equal(mayBeElsewhere(name, undefined), true);
    }
    assert.equal(mayBeElsewhere("luck", undefined), false);
  });

  test("words of a command line reach the guest's shell unchanged", () => {
    const [guest] = guests;
    assert.ok(guest);
    assert.match(taskOf(guest, ["it's", "$HOME"]), /node test\/run\.ts 'it'\\''s' '\$HOME'\n$/);
    assert.match(taskOf(guest, ["--run", "uname -r; id"]), /\nuname -r; id\n$/);
  });
});
