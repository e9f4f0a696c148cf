import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { kernelTest } from "../privilege.ts";
import { counted } from "../support/counted.ts";
import { libraryRule } from "../support/library-rules.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import { NamedProgram } from "../support/named-program.ts";

kernelTest("dns-latency measures lookups by program and name", async () => {
  using getent = new NamedProgram("bw-lookup", "/usr/bin/getent");
  await using rule = new LoadedRule(libraryRule("dns-latency"));
  const startedMs = performance.now();
  for (let n = 0; n < 2; n++) assert.equal(getent.run("ahosts", "127.0.0.1").status, 0);
  const tookNs = (performance.now() - startedMs) * 1e6;
  const { value, value_p99: slowest = 0 } = await counted(rule, { comm: getent.name, name: "127.0.0.1" });
  assert.equal(value, 2);
  assert.ok(slowest > 0 && slowest < tookNs, `${slowest} of ${tookNs} ns`);
});

kernelTest("tls-handshake-latency and slow-tls-calls see a handshake", async () => {
  using curl = new NamedProgram("bw-tls", "/usr/bin/curl");
  // Nobody has to prove who he is, so that there is no certificate to make.
  const ciphers = "AECDH-AES256-SHA:@SECLEVEL=0";
  const server = createServer({ ciphers, maxVersion: "TLSv1.2" }, (socket) =>
    socket.end("HTTP/1.1 204 No Content\r\n\r\n"),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  await using rule = new LoadedRule(libraryRule("tls-handshake-latency"));
  await using slow = new LoadedRule(libraryRule("slow-tls-calls").replace("elapsed > 1s", "elapsed > 1us"));
  const startedMs = performance.now();
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const client = spawn(curl.path, ["--silent", "--insecure", "--tls-max", "1.2", "--ciphers", ciphers, url]);
  const [status] = (await once(client, "exit")) as [number];
  const tookNs = (performance.now() - startedMs) * 1e6;
  server.close();
  assert.equal(status, 0);
  const { handshakes, times_p99: slowest = 0 } = await counted(rule, { comm: curl.name });
  assert.equal(handshakes, 1);
  assert.ok(slowest > 0 && slowest < tookNs, `${slowest} of ${tookNs} ns`);
  const ours = slow.records().filter(({ fields }) => fields["pid"] === client.pid);
  const complete = ours.filter(({ fields }) => fields["call"] === "SSL_do_handshake" && fields["result"] === 1);
  assert.equal(complete.length, 1);
});
