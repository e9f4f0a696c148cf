import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The end of a command. */
export interface Ran {
  readonly status: number | null;
  /** standard output and error */
  readonly text: string;
}

/** This system in a second copy: what is changed there is kept in `changes`. */
export interface Overlay {
  /** the folder that is its root */
  readonly root: string;
  /** holds only the files that were changed */
  readonly changes: string;
  /** Runs a program with this root. */
  readonly run: (program: string, ...args: readonly string[]) => Ran;
  readonly close: () => void;
}

/** Mounts this system a second time, where a package can be installed without changing this one. */
export function openOverlay(): Overlay {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-overlay-"));
  const [changes, work, root] = ["changes", "work", "root"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  // The changes are on a file system of their own, because the system's may be an overlay itself.
  execFileSync("mount", ["-t", "tmpfs", "-o", "mode=755", "bpfwarden-test", folder]);
  for (const each of [changes, work, root]) mkdirSync(each);
  const options = `lowerdir=/,upperdir=${changes},workdir=${work}`;
  execFileSync("mount", ["-t", "overlay", "-o", options, "bpfwarden-test", root]);
  for (const kernel of ["/proc", "/sys", "/sys/kernel/tracing"])
    execFileSync("mount", ["--bind", "--make-private", kernel, join(root, kernel)]);
  return {
    root,
    changes,
    run: (program, ...args) => {
      const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" };
      const { status, stdout, stderr } = spawnSync("chroot", [root, program, ...args], { env, encoding: "utf8" });
      return { status, text: stdout + stderr };
    },
    close: () => {
      execFileSync("umount", ["--recursive", root]);
      execFileSync("umount", [folder]);
      rmSync(folder, { recursive: true });
    },
  };
}
