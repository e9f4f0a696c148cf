import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { routesOf } from "../../../daemon/notify/stages/route.ts";
import { readSettings } from "../../../daemon/settings/read-settings.ts";
import { findCommand } from "../../../packaging/setup/presence.mjs";

const MAIN = join(import.meta.dirname, "../../../daemon/main.ts");
const folder = mkdtempSync(join(tmpdir(), "bpfwarden-export-"));
after(() => rmSync(folder, { recursive: true }));

const SETTINGS = `
actions:
  oncall: {webhook: {url: "http://192.0.2.1/"}}
  mail: {email: {to: [ops@example.org], from: b@example.org}}
  chat: {webhook: {url: "http://192.0.2.2/"}}
  dba: {webhook: {url: "http://192.0.2.3/"}}
defaults: {action: [oncall, mail]}
notify: {group_by: [rule, team], group_wait: 500ms, group_interval: 90s, repeat: 4h}
route:
  - {match: 'severity="info"', action: chat, group_by: [...]}
  - match: ['team=~"db.*"', 'severity!="info"']
    action: dba
    continue: true
    repeat: 1h
    routes:
      - {match: 'mount="/var \\"x\\""', action: [dba, mail]}
  - {match: 'severity="critical"', action: oncall, all_rules: true}
  - {match: 'rule=~"disk-.*"', action: chat, all_rules: true, continue: true}
inhibit:
  - {source: 'rule="host-down"', target: 'severity=~"info|warning"', equal: [instance, rule]}
`;

const RULE_ACTIONS = new Map([
  ["own", ["mail"]],
  ["disk-own", ["mail"]],
  ["both", ["chat", "dba"]],
]);

const ruleText = (name: string): string => `rule: ${name}
probe: tracepoint:syscalls:sys_enter_fsync
aggregate: count()
threshold: value > 1
${RULE_ACTIONS.has(name) ? `action: [${RULE_ACTIONS.get(name)?.join(", ")}]` : ""}
`;

mkdirSync(join(folder, "rules.d"));
writeFileSync(join(folder, "bpfwarden.yaml"), SETTINGS, { mode: 0o644 });
for (const name of ["own", "disk-own", "both", "disk-full", "plain"])
  writeFileSync(join(folder, "rules.d", `${name}.yaml`), ruleText(name), { mode: 0o644 });

const exported = (...more: readonly string[]): string =>
  execFileSync(process.execPath, [MAIN, "export", "alertmanager", "--config", folder, ...more], { encoding: "utf8" });

/** Every combination of the values of labels that the routes look at, and of some others. */
function labelSets(): readonly Readonly<Record<string, string>>[] {
  const values = {
    alertname: ["own", "disk-own", "both", "disk-full", "plain"],
    severity: ["info", "warning", "critical"],
    team: ["", "db1", "web"],
    mount: ["", '/var "x"'],
  };
  return Object.entries(values).reduce<Record<string, string>[]>(
    (sets, [name, each]) => sets.flatMap((set) => each.map((value) => ({ ...set, [name]: value }))),
    [{}],
  );
}

suite("export alertmanager", { skip: findCommand("amtool") === undefined ? "amtool is missing" : false }, () => {
  const config = join(folder, "alertmanager.yml");

  test("is a configuration that amtool accepts", () => {
    writeFileSync(config, exported());
    const { status, stdout, stderr } = spawnSync("amtool", ["check-config", config], { encoding: "utf8" });
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /- 1 inhibit rules/);
  });

  test("routes every alert to the actions that the settings have for it", () => {
    const { result } = readSettings({ path: "bpfwarden.yaml", text: SETTINGS }, folder, "host");
    assert.ok(result);
    const sets = labelSets();
    assert.equal(sets.length, 90);
    for (const labels of sets) {
      const { alertname = "" } = labels;
      const ours = routesOf(result.notify.route, { ...labels, rule: alertname }, RULE_ACTIONS.get(alertname) ?? []);
      const given = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
      const theirs = execFileSync("amtool", ["config", "routes", "test", `--config.file=${config}`, ...given], {
        encoding: "utf8",
      });
      assert.deepEqual(
        theirs
          .trim()
          .split(",")
          .flatMap((receiver) => receiver.split("+"))
          .toSorted(),
        ours.flatMap(({ actions }) => actions).toSorted(),
        JSON.stringify(labels),
      );
    }
  });

  test("keeps the grouping, its times and the inhibitions", () => {
    const { route, inhibit_rules: inhibit } = JSON.parse(exported("--json")) as Record<string, unknown> & {
      readonly route: Readonly<Record<string, unknown>> & {
        readonly routes: readonly Readonly<Record<string, unknown>>[];
      };
    };
    const { routes, ...root } = route;
    assert.deepEqual(root, {
      receiver: "oncall+mail",
      ...{ group_by: ["alertname", "team"], group_wait: "500ms", group_interval: "1m30s", repeat_interval: "4h" },
    });
    const database = routes.find(({ receiver }) => receiver === "dba");
    assert.equal(database?.["repeat_interval"], "1h");
    assert.deepEqual(routes.find(({ receiver }) => receiver === "chat")?.["group_by"], ["..."]);
    assert.deepEqual(inhibit, [
      {
        source_matchers: ['alertname="host-down"'],
        target_matchers: ['severity=~"info|warning"'],
        equal: ["instance", "alertname"],
      },
    ]);
  });

  test("says what Alertmanager cannot", () => {
    assert.match(
      exported(),
      /^# Written by .*\n(#.*\n)*# Not in Alertmanager: budgets \(60 messages an hour of a rule/,
    );
    writeFileSync(join(folder, "bpfwarden.yaml"), `${SETTINGS}actoins: {}\n`);
    const faulty = spawnSync(process.execPath, [MAIN, "export", "alertmanager", "--config", folder], {
      encoding: "utf8",
    });
    assert.deepEqual([faulty.status, faulty.stdout], [1, ""]);
    assert.match(faulty.stderr, /bpfwarden\.yaml:\d+:1: .*"actoins"/);
  });
});

test("export writes nothing for a folder without settings", () => {
  const bare = mkdtempSync(join(tmpdir(), "bpfwarden-export-"));
  after(() => rmSync(bare, { recursive: true }));
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "export", "alertmanager", "--config", bare], {
    encoding: "utf8",
  });
  assert.deepEqual([status, stdout], [1, ""]);
  assert.equal(stderr, `bpfwarden: error: expected settings, found no file at "${bare}/bpfwarden.yaml"\n`);
});
