import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { AlertEvent } from "../../../../daemon/evaluate/alerts/alert.ts";
import { attempt } from "../../../../daemon/notify/attempt.ts";
import type { Delivery, Outcome } from "../../../../daemon/notify/queue/delivery.ts";
import type { NotificationReason } from "../../../../daemon/notify/stages/dedupe.ts";
import { resendOf } from "../../../../daemon/notify/queue/resend.ts";
import { alertsBody } from "../../../../daemon/receivers/alertmanager/alerts-body.ts";
import { alertmanagerConfig } from "../../../../daemon/settings/alertmanager-config.ts";
import { readSettings } from "../../../../daemon/settings/read-settings.ts";
import type { ActionSettings } from "../../../../daemon/settings/settings.ts";
import { Alertmanager, freePort } from "../../notify/alertmanager.ts";
import { waitUntil } from "../../../kernel/support/wait-until.ts";
import { alert, alerts, context, events, record } from "../../notify/fixtures.ts";
import { startService } from "../http-service.ts";
import { RANDOM_ALERTS } from "../random-alerts.ts";

const never = new AbortController().signal;
/** The real time: Alertmanager has its own clock. */
const now = { nowUnixMs: () => Date.now() };
const current: AlertEvent = { ...alert, startsAtUnixMs: Date.now() - 5000 };

function actionTo(...urls: readonly string[]): ActionSettings {
  const text = `actions: {am: {alertmanager: {url: [${urls.map((url) => `"${url}"`).join(", ")}]}}}\ndefaults: {action: am}\n`;
  const { result, diagnostics } = readSettings({ path: "bpfwarden.yaml", text }, "/etc/bpfwarden", "web1");
  assert.deepEqual(diagnostics, []);
  const action = result?.actions.get("am");
  assert.ok(action !== undefined);
  return action;
}

function deliver(delivery: Delivery): Promise<Outcome> {
  return attempt(delivery, context(now), never);
}

interface KnownAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
}

async function active(manager: Alertmanager): Promise<readonly KnownAlert[]> {
  return (await manager.get("alerts?active=true")) as readonly KnownAlert[];
}

const CONFIG = (hooks: string): string =>
  `route: {receiver: all, group_by: ['...'], group_wait: 0s}\nreceivers: [{name: all, webhook_configs: [{url: "${hooks}all"}]}]\n`;

suite("a real Alertmanager", () => {
  test("has one alert that fires, worsens and ends", async () => {
    await using manager = await Alertmanager.start(CONFIG);
    const action = actionTo(manager.url);
    assert.deepEqual(await deliver(alerts(action, current)), { ok: true });
    const [fired, ...others] = await active(manager);
    assert.deepEqual(others, []);
    assert.partialDeepStrictEqual(fired?.labels, { alertname: alert.rule, severity: "warning", instance: "web1" });
    assert.equal(Date.parse(fired?.startsAt ?? ""), current.startsAtUnixMs);
    const validMs = Date.parse(fired?.endsAt ?? "") - Date.now();
    assert.ok(validMs > 180_000 && validMs <= 240_000, `ends in ${validMs} ms if it is not sent again`);
    const worse = alerts(action, { ...current, level: "critical" });
    assert.ok(worse.content.kind === "alerts");
    await deliver({ ...worse, content: { ...worse.content, reason: "severity changed" } });
    assert.deepEqual(
      (await active(manager)).map(({ labels }) => labels["severity"]),
      ["critical"],
    );
    await deliver(alerts(action, { ...current, level: "critical", status: "resolved", endsAtUnixMs: Date.now() }));
    assert.deepEqual(await active(manager), []);
  });

  test("keeps no alert at a former level, whatever else a message is about", async () => {
    await using manager = await Alertmanager.start(CONFIG);
    const action = actionTo(manager.url);
    const severities = async (): Promise<readonly unknown[]> =>
      (await active(manager)).map(({ labels }) => `${labels["comm"] ?? ""} ${labels["severity"] ?? ""}`).toSorted();
    const send = async (reason: NotificationReason, ...changed: readonly AlertEvent[]): Promise<void> => {
      const { content, ...rest } = alerts(action, ...changed);
      assert.ok(content.kind === "alerts");
      assert.deepEqual(await deliver({ ...rest, content: { ...content, reason } }), { ok: true });
    };
    const one = { ...current, labels: { comm: "a" } };
    const other = { ...current, labels: { comm: "b" } };
    await send("first notification", one);
    await send("new alerts in group", { ...one, level: "critical" }, other);
    assert.deepEqual(await severities(), ["a critical", "b warning"]);
    const ends = { status: "resolved", endsAtUnixMs: Date.now() } as const;
    await send("all alerts resolved", { ...one, ...ends, level: "critical" }, { ...other, ...ends, level: "critical" });
    assert.deepEqual(await severities(), []);
  });

  test("takes 200 random alerts and records", async () => {
    await using manager = await Alertmanager.start(CONFIG);
    const action = actionTo(manager.url);
    const firing = RANDOM_ALERTS.map((each): AlertEvent => ({ ...each, ...FIRES }));
    const before = { ...current, labels: {}, status: "resolved", endsAtUnixMs: current.startsAtUnixMs - 1 } as const;
    assert.deepEqual(await deliver(alerts(action, before)), { ok: true }, "the clock was set back");
    assert.deepEqual(await deliver(alerts(action, ...firing)), { ok: true });
    assert.deepEqual(await deliver(events(action, 2, record)), { ok: true });
    const known = await active(manager);
    // Alerts with the same labels are one alert there.
    const [{ content }] = [alerts(action, ...firing)];
    const sent = alertsBody({ content }, { instance: "web1" }, Date.now());
    assert.equal(known.length, new Set(sent.map(({ labels }) => JSON.stringify(sortedLabels(labels)))).size + 1);
  });

  test("gets alerts at each replica, and one replica is enough", async () => {
    await using first = await Alertmanager.start(CONFIG);
    await using second = await Alertmanager.start(CONFIG);
    assert.deepEqual(await deliver(alerts(actionTo(first.url, `${second.url}/`), current)), { ok: true });
    for (const manager of [first, second]) assert.equal((await active(manager)).length, 1);
    const outcome = await deliver(alerts(actionTo("http://127.0.0.1:1", first.url), current));
    assert.ok(outcome.ok && /^1 of 2 replicas did not take the alerts: .*127.0.0.1:1/.test(outcome.warning ?? ""));
    const failed = await deliver(alerts(actionTo("http://127.0.0.1:1", "http://127.0.0.1:2"), current));
    assert.partialDeepStrictEqual(failed, { ok: false, trouble: "passing" });
  });
});

/** Two replicas that know each other. The second waits a little, so that the first one notifies. */
async function cluster(configure: (hooks: string) => string): Promise<readonly [Alertmanager, Alertmanager]> {
  const addresses = [await freePort(), await freePort()].map((port) => `127.0.0.1:${port}`);
  const quick = ["--cluster.settle-timeout=1s", "--cluster.peer-timeout=3s", "--cluster.gossip-interval=50ms"];
  const member = (own: number): readonly string[] => [
    ...[`--cluster.listen-address=${addresses[own]}`, `--cluster.peer=${addresses[1 - own]}`, ...quick],
  ];
  const first = await Alertmanager.start(configure, member(0));
  const second = await Alertmanager.start(configure, member(1));
  while ((await membersOf(first)) < 2) await sleep(100);
  return [first, second];
}

async function membersOf(manager: Alertmanager): Promise<number> {
  const { cluster: known } = (await manager.get("status")) as {
    readonly cluster: { readonly peers: readonly object[] };
  };
  return known.peers.length;
}

test("three hosts and a cluster of two Alertmanagers give one page for one cause", async () => {
  const settings = `actions: {all: {log: {path: "-"}}}\ndefaults: {action: all}\nnotify: {group_by: [rule], group_wait: 5s}\n`;
  const { result } = readSettings({ path: "bpfwarden.yaml", text: settings }, "/etc/bpfwarden", "web1");
  assert.ok(result);
  const exported = alertmanagerConfig(result.notify, new Map());
  const configure = (hooks: string): string =>
    JSON.stringify({ ...exported, receivers: [{ name: "all", webhook_configs: [{ url: `${hooks}all` }] }] });
  const replicas = await cluster(configure);
  await using _ = replicas[0];
  await using __ = replicas[1];
  const action = actionTo(...replicas.map(({ url }) => url));
  const hosts = ["web1", "web2", "web3"];
  // Alertmanager does not wait for others if an alert began longer ago than the wait.
  const begun: AlertEvent = { ...current, startsAtUnixMs: Date.now() };
  for (const instance of hosts)
    assert.deepEqual(await attempt(alerts(action, begun), context({ ...now, labels: { instance } }), never), {
      ok: true,
    });
  const received = () => replicas.flatMap((replica) => replica.received);
  await waitUntil("a page", () => received()[0]);
  // the other replica would notify three seconds after the first
  await sleep(5000);
  const [{ body }, ...others] = received() as [ReturnType<typeof received>[number]];
  assert.deepEqual(others, []);
  assert.deepEqual(
    body.alerts.map(({ labels }) => labels["instance"] ?? "").toSorted((a, b) => a.localeCompare(b)),
    hosts,
  );
});

const FIRES = { status: "firing", wasUnknown: false, startsAtUnixMs: current.startsAtUnixMs } as const;

/** Alertmanager drops labels without a value. */
const sortedLabels = (labels: Readonly<Record<string, string>>): object =>
  Object.fromEntries(
    Object.entries(labels)
      .filter(([, value]) => value !== "")
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );

test("a resend that waited too long is not sent", async () => {
  await using service = await startService(() => ({ status: 200 }));
  const action = actionTo(service.url);
  const resend = (ageMs: number): Delivery => ({
    ...{ id: "resend", action, content: resendOf([current], Date.now() - ageMs) },
  });
  assert.deepEqual(await deliver(resend(61_000)), { ok: true });
  assert.equal(service.requests.length, 0);
  assert.deepEqual(await deliver(resend(0)), { ok: true });
  assert.deepEqual(
    service.requests.map(({ method, path }) => `${method} ${path}`),
    ["POST /api/v2/alerts"],
  );
});
