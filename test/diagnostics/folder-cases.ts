import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const RULE = "rule: a\nprobe: tracepoint:a:b\naggregate: count()\n";

/** Folders that cannot stand in a repository: modes, links and bytes. One record a case, the name is that of its `.out`. */
export const FOLDER_CASES: Readonly<Record<string, (folder: string) => void>> = {
  "duplicate-rule": (folder) => {
    writeFileSync(join(folder, "a.yaml"), RULE);
    writeFileSync(join(folder, "b.yaml"), `# the same name\n${RULE}`);
  },
  "unsafe-file": (folder) => {
    writeFileSync(join(folder, "a.yaml"), RULE);
    chmodSync(join(folder, "a.yaml"), 0o646);
  },
  "unsafe-folder": (folder) => chmodSync(folder, 0o777),
  "not-a-file": (folder) => {
    mkdirSync(join(folder, "folder.yaml"));
    symlinkSync("/etc/hostname", join(folder, "link.yaml"));
    symlinkSync("/dev/null", join(folder, "masked.yaml"));
  },
  "too-large": (folder) => writeFileSync(join(folder, "a.yaml"), `${RULE}#${" ".repeat(1024 * 1024)}`),
  "bad-encoding": (folder) => {
    writeFileSync(join(folder, "latin1.yaml"), Buffer.from("description: caf\xe9\n", "latin1"));
    writeFileSync(join(folder, "nul.yaml"), `${RULE}summary: "a\0b"\n`);
  },
};
