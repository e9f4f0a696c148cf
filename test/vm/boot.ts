import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { BOOT_PARTITION } from "./image.ts";
import { type Architecture, CPUS, MEMORY_MIB } from "./guests.ts";

/**
 * A guest that takes longer hangs. The slowest takes 25 minutes beside another one on two
 * processors.
 */
const LONGEST_MS = 40 * 60_000;

/** The texts that test/vm/guest/init prints at its beginning and at the end. */
const BEGIN = "test:vm: begins";
const END = /^test:vm: ended with (\d+)$/;

/**
 * The message of a kernel whose disk no longer answers: that is sometimes the emulator's fault and
 * says nothing about the tests.
 */
const LOST_DISK = /EXT4-fs error \(device nvme|nvme nvme0: (?:Removing after probe failure|Device not ready)/;

/** The emulated machine and its files, which it does not change. */
export interface Machine {
  readonly architecture: Architecture;
  readonly vmlinuz: string;
  /** image files: the root, and then those that are found by their labels */
  readonly disks: readonly string[];
  /** parameters of the kernel beside the usual ones */
  readonly parameters: readonly string[];
  /** true if its task restarts it, and what it has written must last until it ends */
  readonly restarts: boolean;
}

/**
 * Boots a guest, which runs its task and switches itself off. One that ends before its task does,
 * or loses its disk, is booted once more, and that is said: where this machine has little time for
 * the emulator, kernels may give up on the emulated clock.
 * @param show gets each line of its console
 * @returns its task's exit code; undefined where the guest ended without one
 */
export async function boot(machine: Machine, show: (line: string) => void): Promise<number | undefined> {
  const first = await bootOnce(machine, show);
  if (first.hung || first.code !== undefined) return first.code;
  show("broke off: is booted once more");
  return (await bootOnce(machine, show)).code;
}

interface Boot {
  /** true if it took longer than any guest does */
  readonly hung: boolean;
  readonly code: number | undefined;
}

async function bootOnce(machine: Machine, show: (line: string) => void): Promise<Boot> {
  const [program = "", ...kind] = machine.architecture.emulator;
  const emulator = spawn(program, [...kind, ...optionsOf(machine)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let hung = false;
  const hangs = setTimeout(() => (hung = emulator.kill("SIGKILL")), LONGEST_MS);
  const exited = new Promise<void>((resolve, reject) => {
    emulator.once("error", reject);
    emulator.once("close", () => resolve());
  });
  exited.catch(() => undefined);
  let code: number | undefined;
  let hasDisk = true;
  for await (const printed of createInterface({ input: emulator.stdout })) {
    const line = printed.trimEnd();
    const [, ended] = END.exec(line) ?? [];
    if (LOST_DISK.test(line)) hasDisk = false;
    if (ended !== undefined && hasDisk) code = Number(ended);
    else if (code === undefined && line !== BEGIN) show(line);
  }
  if (hung) show(`took longer than ${LONGEST_MS / 60_000} minutes: is switched off`);
  await exited.finally(() => clearTimeout(hangs));
  return { hung, code };
}

function optionsOf({ architecture, vmlinuz, disks, parameters, restarts }: Machine): readonly string[] {
  const usual = `console=${architecture.console} root=${BOOT_PARTITION} rootwait rw quiet mitigations=off no_timer_check panic=-1 net.ifnames=0`;
  return [
    // One thread for all of a guest's processors: with one each, a processor may meet the
    // breakpoint that another has taken out again while it patched the kernel's code, and the
    // kernel dies of it.
    ...["-accel", "tcg,thread=single", "-m", String(MEMORY_MIB), "-smp", String(CPUS)],
    ...["-kernel", vmlinuz, "-append", [usual, ...parameters].join(" ")],
    ...["-nodefaults", "-display", "none", "-serial", "stdio", ...(restarts ? [] : ["-no-reboot"])],
    ...["-device", "nvme,id=disks,serial=disks"],
    ...disks.flatMap((file, index) => [
      ...["-drive", `file=${file},id=disk${index},if=none,format=raw,snapshot=on,cache=unsafe`],
      ...["-device", `nvme-ns,bus=disks,drive=disk${index},nsid=${index + 1}`],
    ]),
  ];
}
