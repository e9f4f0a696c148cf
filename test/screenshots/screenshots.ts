// Makes the pictures of docs/status-page.md. `npm run screenshots` runs rules and their load for an
// hour, so that the charts are full; a number is minutes. An address is that of a daemon that runs.
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { openPage, startBrowser } from "../kernel/support/browser.ts";
import { Demonstration } from "./demonstration.ts";

const FOLDER = join(import.meta.dirname, "../../docs/status-page");
const MINUTE_MS = 60_000;

/** A picture: its view, and what it is a picture of. */
interface Picture {
  readonly file: string;
  readonly path: string;
  readonly colorScheme: "light" | "dark";
  readonly width: number;
  readonly height: number;
  /** the element at the top of the picture; empty for the top of the page */
  readonly top: string;
}

const PICTURES: readonly Picture[] = [
  { file: "overview", path: "", colorScheme: "light", width: 1280, height: 740, top: "" },
  { file: "rules", path: "", colorScheme: "light", width: 1280, height: 640, top: "#rules-title" },
  { file: "rule", path: "#/rule/slow-fsync", colorScheme: "dark", width: 1280, height: 860, top: "" },
  { file: "phone", path: "", colorScheme: "dark", width: 390, height: 720, top: "#rules-title" },
];

async function take(browser: Browser, address: string, picture: Picture): Promise<void> {
  const { file, path, colorScheme, width, height, top } = picture;
  await using open = await openPage(browser, { colorScheme, viewport: { width, height } });
  const { page } = open;
  await page.goto(`${address}${path}`);
  await page
    .locator(path === "" ? "#rules tbody tr" : "table.keys tbody tr")
    .first()
    .waitFor();
  await wait(1500);
  if (top !== "") await page.evaluate(`scrollBy(0, document.querySelector("${top}").getBoundingClientRect().top - 90)`);
  await page.screenshot({ path: join(FOLDER, `${file}.png`) });
}

const [given = "60"] = process.argv.slice(2);
await using browser = await startBrowser();
if (given.startsWith("http")) for (const picture of PICTURES) await take(browser, given, picture);
else {
  await using demonstration = await Demonstration.start();
  await wait(Number(given) * MINUTE_MS);
  for (const picture of PICTURES) await take(browser, demonstration.address, picture);
}
