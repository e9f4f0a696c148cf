import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { isPresent } from "../../packaging/setup/presence.mjs";
import { packageManagers } from "../../packaging/setup/package-managers.mjs";
import { missingPackages, systemPackages } from "../../packaging/setup/system-packages.mjs";

const namesFor = (need: "start" | "test" | "bench" | "vm", isThere: typeof isPresent): readonly string[] =>
  missingPackages(need, isThere).map(({ names }) => names["apt-get"]);

suite("system packages", () => {
  test("a start needs libbpf and nothing else", () => {
    assert.deepEqual(
      namesFor("start", () => false),
      ["libbpf1"],
    );
  });

  test("tests need the packages of a start and of making packages too", () => {
    const names = namesFor("test", () => false);
    const needs = ["start", "test", "package"];
    assert.equal(names.length, systemPackages.filter(({ need }) => needs.includes(need)).length);
    assert.ok(names.includes("libbpf1") && names.includes("bpftool"));
  });

  test("guests need an emulator, and nothing that only runs in them", () => {
    const names = namesFor("vm", () => false);
    assert.ok(names.includes("qemu-system-x86") && !names.includes("iptables"));
  });

  test("only missing packages are installed", () => {
    assert.deepEqual(
      namesFor("test", () => true),
      [],
    );
    assert.deepEqual(
      namesFor("test", (proof) => !("command" in proof && proof.command === "iptables")),
      ["iptables"],
    );
  });

  test("each has a name for every package manager", () => {
    for (const { names } of systemPackages)
      assert.deepEqual(Object.keys(names).toSorted(), packageManagers.map(({ command }) => command).toSorted());
  });
});

suite("presence", () => {
  test("commands are found on the PATH and in the system's folders", () => {
    assert.ok(isPresent({ command: "sh" }));
    assert.ok(!isPresent({ command: "no-such-command-of-bpfwarden" }));
  });

  test("libraries are found by soname", () => {
    assert.ok(isPresent({ library: "libc.so.6" }) || isPresent({ library: `libc.musl-${process.arch}.so.1` }));
    assert.ok(!isPresent({ library: "libno-such.so.1" }));
  });
});
