import { resolve } from "node:path";
import { visible, visibleText } from "../../../bpf/source/visible.ts";
import { exportTiles } from "../../seal/export-tiles.ts";
import { jsonLine } from "../../text/json-line.ts";
import { fail, reportHostTrouble } from "../host-trouble.ts";
import { oneLogPathOf } from "./sealed-logs.ts";

interface Options {
  readonly config?: string;
  readonly tlog: string;
  readonly json?: boolean;
}

/** `bpfwarden audit export`: writes a sealed log in the form that tools of transparency logs read. */
export async function exportLog(log: string | undefined, { config, tlog, json }: Options): Promise<void> {
  try {
    const path = await oneLogPathOf(log, config);
    if (path === undefined) return;
    const folder = resolve(tlog);
    const exported = await exportTiles(path, folder);
    if (typeof exported === "string") return fail(visibleText(exported));
    const { size, firstEntry } = exported;
    if (json === true) return console.log(jsonLine({ folder, ...exported }));
    const lines = firstEntry === 0 ? "all their lines" : `the lines from record ${firstEntry + 1} on`;
    console.log(`${visible(folder)}: the hashes of ${size} records, and ${lines}`);
  } catch (error) {
    reportHostTrouble(error);
  }
}
