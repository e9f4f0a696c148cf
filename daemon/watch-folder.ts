import { join } from "node:path";
import { watch } from "chokidar";

/** Files are read once they have been left alone for so long: an editor writes, renames and sets modes one after the other. */
const SETTLE_MS = 50;

export interface FolderWatcher {
  close(): Promise<void>;
}

/**
 * Calls `onChange` once for each group of changes to the rule files and settings below `folder`: written, moved in, renamed over, linked
 * or deleted. Resolves when changes are being seen.
 */
export async function watchFolder(folder: string, onChange: () => void): Promise<FolderWatcher> {
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch([join(folder, "bpfwarden.yaml"), join(folder, "rules.d")], { ignoreInitial: true, depth: 0 });
  watcher.on("all", () => {
    clearTimeout(timer);
    timer = setTimeout(onChange, SETTLE_MS);
  });
  await new Promise<void>((resolve) => watcher.once("ready", resolve));
  return {
    async close() {
      clearTimeout(timer);
      await watcher.close();
    },
  };
}
