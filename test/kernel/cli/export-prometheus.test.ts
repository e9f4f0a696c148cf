import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { kernelTest } from "../privilege.ts";

const ROOT = join(import.meta.dirname, "../../..");
const FOLDERS = ["rules.d", ...globSync("rules.d/library/*/", { cwd: ROOT })];

interface RulesFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly { readonly alert?: string }[] }[];
}

function exported(program: string): { readonly out: string; readonly errors: string } {
  const { stdout, stderr, error } = spawnSync(
    process.execPath,
    [join(ROOT, "daemon/main.ts"), "export", program, ...FOLDERS],
    { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 26 },
  );
  if (error !== undefined) throw error;
  return { out: stdout, errors: stderr };
}

kernelTest("PromQL can say every shipped rule that this kernel has, and promtool accepts them", () => {
  const { out, errors } = exported("prometheus");
  assert.doesNotMatch(errors, /not-in-promql/);
  const { groups } = parse(out) as RulesFile;
  assert.ok(groups.length > 30, String(groups.length));
  assert.ok(groups.every(({ rules }) => rules.some(({ alert }) => alert !== undefined)));
  checkRules(out);
});

/** Fails if promtool does not accept a file of rules. */
function checkRules(file: string): void {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-export-"));
  try {
    writeFileSync(join(folder, "rules.yml"), file);
    const { status, stdout, stderr } = spawnSync("promtool", ["check", "rules", join(folder, "rules.yml")], {
      encoding: "utf8",
    });
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /SUCCESS/);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly type: string;
    readonly title: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}

kernelTest("the Grafana dashboard has a row for each rule, and its panels do not overlap", () => {
  const { panels } = JSON.parse(exported("grafana").out) as Dashboard;
  const rows = panels.filter(({ type }) => type === "row").map(({ title }) => title);
  for (const rule of ["Daemon", "tcp-retransmits", "slow-fsync", "bash-audit"]) assert.ok(rows.includes(rule), rule);
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: h }, (_, row) =>
      Array.from({ length: w }, (_each, column) => `${x + column},${y + row}`),
    ).flat(),
  );
  assert.equal(new Set(cells).size, cells.length);
  // Prometheus must read each expression, here as recording rules without Grafana's variables.
  const rules = panels
    .flatMap(({ targets = [] }) => targets)
    .map(({ expr }, index) => ({
      record: `panel:${index}`,
      expr: expr.replaceAll("$__rate_interval", "1m").replaceAll("$instance", ".*"),
    }));
  checkRules(JSON.stringify({ groups: [{ name: "panels", rules }] }));
});
