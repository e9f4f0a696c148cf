import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { cleanMappings } from "../../../daemon/service/text-pages.ts";

/** As the kernel writes it, without the lines that nobody reads. */
const entry = (range: string, permissions: string, file: string, anonymousKiB = 0, swapKiB = 0): string =>
  `${range} ${permissions} 00000000 fe:01 1234                    ${file}
Size:                 64 kB
Rss:                  64 kB
Private_Dirty:     ${String(anonymousKiB).padStart(5)} kB
Anonymous:         ${String(anonymousKiB).padStart(5)} kB
Swap:              ${String(swapKiB).padStart(5)} kB
SwapPss:           ${String(swapKiB).padStart(5)} kB
VmFlags: rd ex mr mw me sd
`;

test("only pages that can be read from the file again are released", () => {
  const smaps = [
    entry("00400000-00410000", "r--p", "/usr/bin/node"),
    entry("00410000-00430000", "r-xp", "/usr/bin/node"),
    entry("00430000-00440000", "r-xp", "/usr/bin/node", 4), // the breakpoint of a uprobe
    entry("00440000-00450000", "r--p", "/usr/bin/node", 64), // relocated
    entry("00450000-00460000", "rw-p", "/usr/bin/node"),
    entry("004a0000-004b0000", "r-xp", "/usr/bin/node", 0, 4), // the breakpoint's page, in swap
    entry("00460000-00470000", "r-xp", "/usr/lib/libc.so.6"),
    entry("7f0000000000-7f0000010000", "r--p", ""),
    entry("7f0000010000-7f0000020000", "r--p", "/usr/bin/node (deleted)"),
  ];
  assert.deepEqual(cleanMappings(smaps.join(""), "/usr/bin/node"), [
    { start: 0x400000n, bytes: 0x10000n },
    { start: 0x410000n, bytes: 0x20000n },
  ]);
});

test("a process has fewer resident pages after their release, and continues to run", () => {
  const path = JSON.stringify(join(import.meta.dirname, "../../../daemon/service/text-pages.ts"));
  const program = `
    import { readFileSync } from "node:fs";
    import { releaseTextPages } from ${path};
    const ofFiles = () => Number(/RssFile:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "latin1"))[1]);
    const before = ofFiles();
    releaseTextPages();
    console.log(before - ofFiles(), new Intl.NumberFormat("de").format(1234.5));
  `;
  const output = execFileSync(process.execPath, ["--no-warnings", "--input-type=module", "--eval", program], {
    encoding: "utf8",
  });
  const [kibibytes, text] = output.trim().split(" ");
  assert.equal(text, "1.234,5");
  // of some forty that Node.js has by then
  assert.ok(Number(kibibytes) > 10_240, `${kibibytes} kB less are resident`);
});
