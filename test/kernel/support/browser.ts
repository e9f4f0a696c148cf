import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { findCommand } from "../../../packaging/setup/presence.mjs";

/** A page of a browser, and what the browser found wrong with it. */
export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  /** errors of the console, of scripts, and violations of the content security policy */
  readonly faults: string[];
}

/** Starts the distribution's Chromium. It asks no other server for anything. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = findCommand("chromium");
  if (executablePath === undefined) throw new Error("chromium is missing");
  const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];
  // Tests run as root, for whom Chromium has no sandbox; it shows pages of this host only.
  return chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", ...quiet],
  });
}

/** A bound against hanging, not a measurement. */
const WAIT_MS = 15_000;

export async function openPage(browser: Browser, options: BrowserContextOptions): Promise<OpenPage> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  const faults: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(String(error)));
  return {
    ...{ page, faults },
    [Symbol.asyncDispose]: () => context.close(),
  };
}

const AXE = readFileSync(join(import.meta.dirname, "../../../node_modules/axe-core/axe.min.js"), "utf8");

/** Returns what axe-core finds against WCAG 2.2, levels A and AA: the rule and the element. */
export async function wcagViolations(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE);
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const options = JSON.stringify({ runOnly: { type: "tag", values: tags } });
  const { violations } = (await page.evaluate(`axe.run(${options})`)) as AxeResult;
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

interface AxeResult {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}
