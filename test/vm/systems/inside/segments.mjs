// Sends segments over loopback to a port whose packets are dropped after the connection is made.
import { execFileSync } from "node:child_process";
import { createServer, connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const PORT = 9999;
createServer((socket) => socket.on("error", () => {})).listen(PORT, "127.0.0.1");
const socket = connect(PORT, "127.0.0.1").on("error", () => {});
await new Promise((resolve) => socket.once("connect", resolve));
execFileSync("iptables", ["-A", "INPUT", "-i", "lo", "-p", "tcp", "--dport", String(PORT), "-j", "DROP"]);
socket.write("lost");
await sleep(30_000);
execFileSync("iptables", ["-F", "INPUT"]);
process.exit();
