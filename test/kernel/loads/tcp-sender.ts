import { execFileSync } from "node:child_process";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * `node tcp-sender.ts ADDRESS PORT`: sends 8 MiB, says `sent` when all of it is acknowledged, ends
 * when standard input ends.
 */
const [address = "", port = ""] = process.argv.slice(2);
const BYTES = 8 << 20;

function unacknowledged(): boolean {
  const line = execFileSync("ss", ["-tinH", `dport = :${port}`], { encoding: "utf8" });
  const acked = Number(/bytes_acked:(\d+)/.exec(line)?.[1] ?? 0);
  return acked < BYTES;
}

const socket = connect(Number(port), address, () => {
  socket.write(Buffer.alloc(BYTES, 1), () => void announceWhenAcknowledged());
});
process.stdin.resume().on("end", () => socket.destroy());

async function announceWhenAcknowledged(): Promise<void> {
  while (unacknowledged()) await sleep(50);
  process.stdout.write("sent\n");
}
