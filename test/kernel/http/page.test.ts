import assert from "node:assert/strict";
import { once } from "node:events";
import { spawnSync } from "node:child_process";
import { type AddressInfo, createServer } from "node:net";
import { after, before } from "node:test";
import type { Browser, Page } from "playwright-core";
import { ACTIONS, call, countingRule } from "../daemon/call-rules.ts";
import { kernelTest, skipWithoutBpf } from "../privilege.ts";
import { openPage, startBrowser, wcagViolations } from "../support/browser.ts";
import { DaemonProcess } from "../support/daemon-process.ts";

const [QUIET, LOUD] = [1_900_000_152, 1_900_000_153];
/** A name that any user can give a file: markup, quotes, an escape, a reversal, a line break. */
const HOSTILE = `/nonexistent/${process.pid}/<img src=x onerror=alert(1)><script>hacked=1</script>"'\u001b[31m\u202e\n${"x".repeat(100)}`;

const HOSTILE_RULE = `rule: hostile
description: Files with names from anybody.
probe: tracepoint:syscalls:sys_enter_openat
filter: uid == 65534 and starts_with(str(args.filename), "/nonexistent/${process.pid}/")
by: {file: str(args.filename)}
aggregate: count()
window: 10m
threshold: {warning: value >= 1, critical: value > 1000}
runbook: https://wiki.example.org/hostile
`;

const LATENCY_RULE = `rule: latency
probe:
  from: tracepoint:syscalls:sys_enter_getpriority
  to: tracepoint:syscalls:sys_exit_getpriority
  filter: {from: pid == ${process.pid}}
aggregate: histogram(elapsed)
window: 10m
threshold: p99(value) > 10s
`;

/** A port that a restarted daemon finds free again. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

const SCHEMES = ["light", "dark"] as const;
const WIDTHS = [390, 1280] as const;

let daemon: DaemonProcess;
let browser: Browser;
let address = "";

before(async () => {
  if (skipWithoutBpf !== false) return;
  const rules = {
    "hostile.yaml": HOSTILE_RULE,
    "latency.yaml": LATENCY_RULE,
    "quiet.yaml": countingRule("quiet", QUIET, 3),
    "loud.yaml": countingRule("loud", LOUD, 3),
    "broken.yaml": "rule: broken\nagregate: count()\n",
  };
  const listen = `127.0.0.1:${await freePort()}`;
  const started = DaemonProcess.start({ rules, settings: `${ACTIONS}http: {listen: "${listen}"}\n` });
  [daemon, browser] = await Promise.all([started, startBrowser()]);
  address = `http://${listen}/`;
  // Another user, who has no right but to name a file.
  const { status } = spawnSync("setpriv", ["--reuid", "65534", "--clear-groups", "cat", HOSTILE]);
  assert.notEqual(status, 0);
  call(LOUD, 3);
});

after(async () => {
  await browser?.close();
  await daemon?.[Symbol.asyncDispose]();
});

const alert = (page: Page, rule: string) =>
  page.locator("article.alert", { has: page.getByRole("link", { name: rule }) });

/** Evaluates an expression in the page. */
const look = async <Value>(page: Page, expression: string): Promise<Value> =>
  (await page.evaluate(expression)) as Value;

/** Fails if a text became markup, or ran. */
async function staysText(page: Page): Promise<void> {
  assert.deepEqual(await look(page, "[document.scripts.length, document.images.length, 'hacked' in globalThis]"), [
    ...[1, 0],
    false,
  ]);
}

async function fits(page: Page): Promise<void> {
  const [needed, there] = await look<[number, number]>(page, "[document.documentElement.scrollWidth, innerWidth]");
  assert.ok(needed <= there, `it is ${needed} pixels wide`);
}

for (const colorScheme of SCHEMES)
  for (const width of WIDTHS)
    kernelTest(`shows what fires and why, ${colorScheme}, ${width} pixels wide`, async () => {
      // Each scheme's colors and each width's layout once: an audit takes seconds.
      const isAudited = (colorScheme === "dark") === (width === 390);
      await using open = await openPage(browser, { colorScheme, viewport: { width, height: 900 } });
      const { page, faults } = open;
      await page.goto(address);
      await alert(page, "loud").getByText("value 3 >= 3").waitFor();
      const hostile = alert(page, "hostile");
      const text = (await hostile.innerText()).replaceAll(/\s+/g, " ");
      assert.match(text, /value 1 >= 1/);
      assert.match(text, /<img src=x onerror=alert\(1\)><script>hacked=1<\/script>.*\\x1b\[31m\\u\{202e\}\\x0a/);
      assert.match(text, /bpfwarden silence add --for 2h/);
      assert.equal(await hostile.locator("a[target]").getAttribute("href"), "https://wiki.example.org/hostile");
      assert.equal(await alert(page, "loud").locator("a[target]").count(), 0);
      const problem = page.getByRole("article", { name: /broken\.yaml:2:1/ });
      assert.match(await problem.innerText(), /unknown key "agregate".*\n.*2 \| agregate: count\(\)\n.*\^{8}/s);
      assert.equal(await page.locator("#rules tbody tr").count(), 4);
      assert.match(await page.locator("#receivers tbody tr", { hasText: "file" }).innerText(), /file/);
      await page.locator("#history tbody tr", { hasText: "loud" }).getByText("fires now").first().waitFor();
      await fits(page);
      if (isAudited) assert.deepEqual(await wcagViolations(page), []);
      await page.locator("#rules").getByRole("link", { name: "hostile" }).click();
      await page.locator("table.keys tbody tr").first().waitFor();
      assert.match(
        await page.locator("#rule-view").innerText(),
        /Files with names from anybody[^]*value >= 1[^]*tracepoint:syscalls/,
      );
      await fits(page);
      if (isAudited) assert.deepEqual(await wcagViolations(page), []);
      await staysText(page);
      assert.deepEqual(faults, []);
    });

kernelTest("an alert appears without a reload, and is read out", async () => {
  await using open = await openPage(browser, {});
  const { page, faults } = open;
  await page.goto(address);
  await page.locator("#rules").getByText("quiet").waitFor();
  assert.equal(await alert(page, "quiet").count(), 0);
  await look(page, "globalThis.isSamePage = true");
  call(QUIET, 3);
  await alert(page, "quiet").getByText("value 3 >= 3").waitFor();
  await page.locator("#news", { hasText: "quiet warning fires" }).waitFor({ state: "attached" });
  assert.equal(await look(page, "globalThis.isSamePage"), true);
  assert.deepEqual(faults, []);
});

kernelTest("everything can be reached by the keyboard, and a rule has its view", async () => {
  await using open = await openPage(browser, {});
  const { page, faults } = open;
  await page.goto(address);
  await alert(page, "loud").waitFor();
  const focused = (): Promise<string> => look(page, "document.activeElement.textContent");
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Skip to the content");
  await page.keyboard.press("Enter");
  assert.equal(await look(page, "document.activeElement.id"), "main");
  await page.locator("#filter").focus();
  await page.keyboard.type("laten");
  assert.equal(await page.locator("#filtered").innerText(), "1 of 4");
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "latency");
  assert.equal(await look(page, "getComputedStyle(document.activeElement).outlineStyle"), "solid");
  await page.keyboard.press("Enter");
  await page.locator("#rule-view canvas").waitFor();
  assert.equal(await focused(), "latency");
  assert.equal(await page.locator("#overview").isVisible(), false);
  await page.goBack();
  await page.locator("#overview").waitFor();
  assert.deepEqual(faults, []);
});

kernelTest("a lost connection is shown with its time, and comes back by itself", async () => {
  await using open = await openPage(browser, {});
  const { page } = open;
  await page.goto(address);
  await page.getByText("live", { exact: true }).waitFor();
  await daemon.stop();
  await page.getByText(/The daemon does not answer since \d\d:\d\d:\d\dZ/).waitFor();
  assert.equal(await page.locator("#connection").innerText(), "not connected");
  assert.match(await page.locator("#overview").innerText(), /loud/);
  await daemon.restart("SIGTERM");
  await page.getByText("live", { exact: true }).waitFor();
  assert.equal(await page.locator("#stale").isVisible(), false);
});
