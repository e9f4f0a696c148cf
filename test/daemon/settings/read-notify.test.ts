import assert from "node:assert/strict";
import { test } from "node:test";
import type { NotifySettings, RouteSettings } from "../../../daemon/settings/notify-settings.ts";
import { readSettings } from "../../../daemon/settings/read-settings.ts";

function read(text: string): NotifySettings {
  const { result, diagnostics } = readSettings({ path: "bpfwarden.yaml", text }, "/etc/bpfwarden", "db1");
  if (result === undefined) throw new Error(diagnostics.map(({ message }) => message).join("; "));
  return result.notify;
}

const ACTIONS = `actions: {oncall: {log: {path: a}}, chat: {log: {path: b}}}\ndefaults: {action: chat}\n`;

/** A route in short: its key, where it goes and its times in seconds. */
function inShort({ key, actions, groupBy, groupWaitMs, groupIntervalMs, repeatMs, ...route }: RouteSettings): string {
  const flags = `${route.continue ? " continue" : ""}${route.allRules ? " all" : ""}`;
  const times = [groupWaitMs, groupIntervalMs, repeatMs].map((ms) => ms / 1000).join("/");
  return `${key} to ${actions.join("+")} by ${groupBy.join("+")} ${times}${flags}`;
}

test("routes inherit the keys that they do not set", () => {
  const { route } = read(`${ACTIONS}
notify: {group_by: [rule, team], group_wait: 5s, repeat: 1h}
route:
  - match: severity="critical"
    action: [oncall, chat]
    continue: true
    all_rules: true
    routes:
      - {match: [team="db", 'alertname=~"page.*"'], group_wait: 0s, group_by: "..."}
  - {match: severity="critical", group_interval: 10s}
`);
  assert.equal(inShort(route), "{} to chat by rule+team 5/60/3600");
  const [first, second] = route.routes;
  assert.deepEqual(route.routes.map(inShort), [
    '{}/{severity="critical"} to oncall+chat by rule+team 5/60/3600 continue all',
    '{}/{severity="critical"}#2 to chat by rule+team 5/10/3600',
  ]);
  assert.deepEqual(first?.routes.map(inShort), [
    '{}/{severity="critical"}/{team="db",alertname=~"page.*"} to oncall+chat by ... 0/60/3600',
  ]);
  assert.deepEqual(second?.routes, []);
});

test("inhibition and budgets are read", () => {
  const { inhibit, budget } = read(`
inhibit: [{source: severity="critical", target: 'severity=~"warning|info"', equal: [rule, comm]}]
notify: {budget: {rule: 6}}
`);
  assert.deepEqual(inhibit, [
    {
      source: [{ name: "severity", operator: "=", value: "critical" }],
      target: [{ name: "severity", operator: "=~", value: "warning|info" }],
      equal: ["rule", "comm"],
    },
  ]);
  assert.deepEqual(budget, { rule: 6, action: 600 });
});
