import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { findCommand } from "../../packaging/setup/presence.mjs";

const unit = readFileSync("packaging/bpfwarden.service", "utf8");
const folder = mkdtempSync(join(tmpdir(), "bpfwarden-unit-"));
after(() => rmSync(folder, { recursive: true }));

suite("bpfwarden.service", () => {
  const settings: readonly (readonly [name: string, value: string])[] = [
    ["Type", "notify"],
    ["NotifyAccess", "main"],
    ["ExecReload", "/bin/kill -HUP $MAINPID"],
    ["WatchdogSec", "30s"],
    ["KillMode", "mixed"],
  ];
  for (const [name, value] of settings) {
    test(`has ${name}=${value}`, () => assert.ok(unit.split("\n").includes(`${name}=${value}`)));
  }

  test("starts the pinned Node on the daemon with the host's rules", () => {
    assert.match(
      unit,
      /^ExecStart=\/usr\/lib\/bpfwarden\/node .*\/daemon\/bundle\/main\.js run --config \/etc\/bpfwarden$/m,
    );
  });
});

const analyze = findCommand("systemd-analyze");
if (analyze !== undefined) {
  suite("systemd-analyze", () => {
    // The installed program is not here, and a unit whose program is missing is refused.
    const path = join(folder, "bpfwarden.service");
    writeFileSync(path, unit.replace("/usr/lib/bpfwarden/node", process.execPath));

    test("finds nothing wrong in the unit", () => {
      const { status, stderr } = spawnSync(analyze, ["verify", "--man=no", path], { encoding: "utf8" });
      const own = stderr.split("\n").filter((line) => line.includes("bpfwarden"));
      assert.deepEqual({ status, own }, { status: 0, own: [] });
    });

    test("finds the errors of a broken unit", () => {
      const broken = join(folder, "bpfwarden-broken.service");
      writeFileSync(
        broken,
        unit.replace("WatchdogSec=30s", "WatchdogSec=soon").replace("/usr/lib/bpfwarden/node", process.execPath),
      );
      const { stderr } = spawnSync(analyze, ["verify", "--man=no", broken], { encoding: "utf8" });
      assert.match(stderr, /bpfwarden-broken\.service:\d+: Failed to parse sec value, ignoring: soon/);
    });

    test("counts the unit's exposure as low", (t) => {
      const report = execFileSync(analyze, ["security", "--offline=true", path], { encoding: "utf8" });
      const exposure = Number(/Overall exposure level .*: ([\d.]+)/.exec(report)?.[1]);
      t.diagnostic(`exposure ${exposure}`);
      assert.ok(exposure < 4, report);
    });
  });
}
