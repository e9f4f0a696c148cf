import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { finds } from "../needs.ts";
import { kernelTest } from "../privilege.ts";
import { CProgram } from "../support/c-program.ts";
import { counted } from "../support/counted.ts";
import { libraryRule } from "../support/library-rules.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

/**
 * True if the kernel has probes for functions. Kernels without them report a connection after it
 * was queued, and no first packet that was turned away.
 */
const seesFunctions = finds.kprobe();

/**
 * Connects four times to itself with room for two, and accepts nobody. With a word, the server
 * waits for data (TCP_DEFER_ACCEPT): all first packets find an empty queue, and it is the
 * handshakes that find it full. Says the port.
 */
const SOURCE = `
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <unistd.h>

int main(int count, char **words) {
  struct sockaddr_in where = { .sin_family = AF_INET };
  socklen_t size = sizeof where;
  int listener = socket(AF_INET, SOCK_STREAM, 0), clients[4], seconds = 10;
  inet_pton(AF_INET, "127.77.7.1", &where.sin_addr);
  if (count > 1) setsockopt(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof seconds);
  if (bind(listener, (void *)&where, size) || listen(listener, 1)) return 1;
  getsockname(listener, (void *)&where, &size);
  for (int each = 0; each < 4; each++) {
    clients[each] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    connect(clients[each], (void *)&where, size);
  }
  for (int each = 0; each < 4; each++) send(clients[each], "x", 1, MSG_NOSIGNAL);
  usleep(50000);
  printf("%d", ntohs(where.sin_port));
}
`;

kernelTest("accept-backlog sees connections that are not accepted", async () => {
  // On both families: a client that comes by IPv4 is one connection.
  const server = createServer().listen({ port: 0, host: "::", backlog: 4 });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await using rule = new LoadedRule(libraryRule("accept-backlog"));
  // This thread waits for the shell, so it accepts nothing meanwhile.
  const connections = [3, 4, 5].map((fd) => `exec ${fd}<>/dev/tcp/127.77.6.1/${port}`);
  assert.equal(spawnSync("bash", ["-c", connections.join("; ")]).status, 0);
  const { queued, limit, connections: made, turned_away: away } = await counted(rule, { sport: String(port) });
  server.close();
  assert.deepEqual([limit, made, away], [4, 3, 0]);
  assert.equal(queued, seesFunctions ? 2 : 3);
});

kernelTest(
  "accept-backlog counts connections that find the queue full, at first and at the handshake's end",
  async () => {
    using program = new CProgram(SOURCE);
    await using rule = new LoadedRule(libraryRule("accept-backlog"));
    for (const words of [[], ["defer"]]) {
      const { stdout: sport, status } = spawnSync(program.path, words, { encoding: "utf8" });
      assert.equal(status, 0);
      const { queued, limit, connections, turned_away: away = 0 } = await counted(rule, { sport });
      assert.deepEqual([queued, limit, connections], [2, 1, 2], words.join());
      const told = seesFunctions || words.length > 0;
      assert.ok(told ? away >= 2 : away === 0, `${away} turned away ${words.join()}`);
    }
  },
);
