import { execFileSync } from "node:child_process";

/**
 * Two network namespaces joined by a veth pair, with v4 and v6 addresses; the sender's stack is
 * `left`.
 */
export class NetworkPair implements Disposable {
  readonly left: string;
  readonly right: string;
  readonly addresses = {
    left: { v4: "10.77.0.1", v6: "fd77::1" },
    right: { v4: "10.77.0.2", v6: "fd77::2" },
  } as const;

  constructor(name: string) {
    this.left = `${name}-l`;
    this.right = `${name}-r`;
    ip(`netns add ${this.left}`);
    ip(`netns add ${this.right}`);
    ip(`link add ${name}l netns ${this.left} type veth peer name ${name}r netns ${this.right}`);
    for (const [side, device] of [["left", `${name}l`] as const, ["right", `${name}r`] as const]) {
      const space = this[side];
      ip(`-n ${space} addr add ${this.addresses[side].v4}/24 dev ${device}`);
      ip(`-n ${space} addr add ${this.addresses[side].v6}/64 dev ${device} nodad`);
      ip(`-n ${space} link set ${device} up`);
      ip(`-n ${space} link set lo up`);
    }
  }

  /** Runs a command inside one side. */
  run(side: "left" | "right", command: string, arguments_: readonly string[]): string {
    return execFileSync("ip", ["netns", "exec", this[side], command, ...arguments_], { encoding: "utf8" });
  }

  /** The receiver loses every `every`th TCP segment that comes in: beyond the sender's own stack. */
  dropIncoming(every: number): void {
    for (const table of ["iptables", "ip6tables"]) {
      const statistic = ["-m", "statistic", "--mode", "nth", "--every", String(every), "--packet", "0"];
      this.run("right", table, ["-A", "INPUT", "-p", "tcp", ...statistic, "-j", "DROP"]);
    }
  }

  [Symbol.dispose](): void {
    for (const space of [this.left, this.right]) ip(`netns del ${space}`);
  }
}

function ip(words: string): void {
  execFileSync("ip", words.split(" "), { stdio: ["ignore", "ignore", "pipe"] });
}
