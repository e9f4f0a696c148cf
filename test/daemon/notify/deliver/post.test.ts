import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { suite, test } from "node:test";
import { promisify } from "node:util";
import { post } from "../../../../daemon/notify/deliver/post.ts";
import { proxyVariables } from "../../../../daemon/notify/deliver/proxy-agents.ts";

const MODULE = join(import.meta.dirname, "../../../../daemon/notify/deliver/post.ts");

async function portOf(server: Server): Promise<number> {
  if (!server.listening) await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

suite("a proxy of the environment", () => {
  test("gets requests for other hosts, and not those for this host or for NO_PROXY", async () => {
    const seen: string[] = [];
    const proxy = createServer(({ method = "", url = "", headers }, response) => {
      seen.push(`${method} ${url} ${String(headers["proxy-authorization"])}`);
      response.end("proxy");
    }).listen(0, "127.0.0.1");
    proxy.on("connect", ({ url = "" }, socket) => {
      seen.push(`CONNECT ${url}`);
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    });
    const direct = createServer((_, response) => response.end("direct")).listen(0, "127.0.0.1");
    const [proxyPort, port] = [await portOf(proxy), await portOf(direct)];
    const urls = [
      ...["http://hook.invalid/a", "https://hook.invalid/b", "http://left-out.invalid/c"],
      ...[`http://127.0.0.1:${port}/d`, `http://localhost:${port}/e`],
    ];
    const script = `
      const { post } = await import(${JSON.stringify(MODULE)});
      const signal = AbortSignal.timeout(20000);
      for (const url of ${JSON.stringify(urls)})
        console.log(await post(new URL(url), { headers: {}, body: "x", signal }).then(({ body }) => body, ({ code }) => code));
      process.exit();
    `;
    const url = `http://me:pass@127.0.0.1:${proxyPort}`;
    const env = { ...process.env, HTTP_PROXY: url, HTTPS_PROXY: url, NO_PROXY: "left-out.invalid" };
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], { env });
    for (const server of [proxy, direct]) {
      server.closeAllConnections();
      server.close();
    }
    const answers = stdout.trim().split("\n");
    assert.match(answers[2] ?? "", /^(ENOTFOUND|EAI_AGAIN)$/);
    assert.deepEqual(answers.toSpliced(2, 1), ["proxy", "ERR_PROXY_TUNNEL", "direct", "direct"]);
    assert.deepEqual(seen, [`POST http://hook.invalid/a Basic ${btoa("me:pass")}`, "CONNECT hook.invalid:443"]);
  });

  test("can be left out for all hosts, and lower case counts more", () => {
    assert.equal(proxyVariables({ NO_PROXY: "a, *" })["no_proxy"], "*");
    assert.equal(proxyVariables({ HTTP_PROXY: "a", http_proxy: "b" })["http_proxy"], "b");
  });
});

test("both address families of a host are tried", async () => {
  const server = createServer((_, response) => response.end("six")).listen(0, "::1");
  const port = await portOf(server);
  // 127.0.0.1 refuses the connection, or another program's answer would be seen.
  const signal = AbortSignal.timeout(20_000);
  const { body } = await post(new URL(`http://localhost:${port}`), { headers: {}, body: "", signal });
  server.closeAllConnections();
  server.close();
  assert.equal(body, "six");
});

test("redirects are not followed, to no place", async () => {
  const paths: (string | undefined)[] = [];
  const server = createServer(({ url }, response) => {
    paths.push(url);
    response.writeHead(Number(url?.slice(1)), { Location: "/elsewhere" }).end();
  }).listen(0, "127.0.0.1");
  const port = await portOf(server);
  const signal = AbortSignal.timeout(20_000);
  for (const status of [301, 302, 303, 307, 308]) {
    const answer = await post(new URL(`http://127.0.0.1:${port}/${status}`), { headers: {}, body: "x", signal });
    assert.equal(answer.status, status);
  }
  server.closeAllConnections();
  server.close();
  assert.deepEqual(paths, ["/301", "/302", "/303", "/307", "/308"]);
});

suite("the deadline", () => {
  const drips: Readonly<Record<string, string>> = {
    "before the status": "",
    "in the headers": "HTTP/1.1 200 OK\r\nX-Slow: ",
  };
  for (const [name, start] of Object.entries(drips)) {
    test(`ends an answer that drips ${name}`, async () => {
      const server = createTcpServer((socket) => {
        socket
          .on("error", () => undefined)
          .resume()
          .write(start);
        const drip = setInterval(() => socket.write(start === "" ? "H" : "x"), 20);
        socket.on("close", () => clearInterval(drip));
      }).listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const signal = AbortSignal.timeout(300);
      const attempt = post(new URL(`http://127.0.0.1:${port}`), { headers: {}, body: "", signal });
      await assert.rejects(attempt, start === "" ? Error : { name: "TimeoutError" });
      server.close();
    });
  }

  test("ends a body that drips, whose status counts", async () => {
    const server = createServer((_, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write("x"), 20);
      response.on("close", () => clearInterval(drip));
    }).listen(0, "127.0.0.1");
    const port = await portOf(server);
    const signal = AbortSignal.timeout(300);
    const { status } = await post(new URL(`http://127.0.0.1:${port}`), { headers: {}, body: "", signal });
    server.closeAllConnections();
    server.close();
    assert.equal(status, 200);
  });

  test("ends a proxy that makes no tunnel", async () => {
    const proxy = createTcpServer((socket) => socket.on("error", () => undefined).resume()).listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const { port } = proxy.address() as AddressInfo;
    const script = `
      const { post } = await import(${JSON.stringify(MODULE)});
      const signal = AbortSignal.timeout(300);
      console.log(await post(new URL("https://hook.invalid"), { headers: {}, body: "", signal }).catch(({ name }) => name));
      process.exit();
    `;
    const env = { ...process.env, HTTPS_PROXY: `http://127.0.0.1:${port}`, NO_PROXY: "" };
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], { env });
    proxy.close();
    assert.equal(stdout.trim(), "TimeoutError");
  });
});
