import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { test } from "node:test";
import { attempt } from "../../../../daemon/notify/attempt.ts";
import type { Trouble } from "../../../../daemon/notify/queue/trouble.ts";
import type { ActionSettings, SmtpSettings } from "../../../../daemon/settings/settings.ts";
import { context } from "../../notify/fixtures.ts";
import { contentOf, slow } from "../chat-fixture.ts";

const mail: ActionSettings = { name: "mail", kind: "email", to: ["ops@example.org"], from: "bpfwarden@example.org" };
const PASSWORD = "s3cr3t-password";

/** A stage of a mail: a command, the greeting, or the end of the data. */
type Stage = "greeting" | "EHLO" | "HELO" | "STARTTLS" | "AUTH" | "MAIL" | "RCPT" | "DATA" | "end" | "QUIT";

const USUAL: { readonly [Each in Stage]: string } = {
  greeting: "220 test",
  EHLO: "250-test\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS",
  ...{ HELO: "250 test", STARTTLS: "220 go on", AUTH: "235 welcome", MAIL: "250 ok", RCPT: "250 ok" },
  ...{ DATA: "354 go on", end: "250 queued", QUIT: "221 bye" },
};

/** A mail server that answers stages as told; an empty answer ends the connection. */
async function serving(
  answers: Partial<Record<Stage, string>>,
): Promise<AsyncDisposable & { readonly port: number; readonly stages: Stage[] }> {
  const stages: Stage[] = [];
  const server = createServer((socket) => {
    let inData = false;
    socket.on("error", () => undefined);
    const answer = (stage: Stage): void => {
      stages.push(stage);
      const text = answers[stage] ?? USUAL[stage];
      inData = stage === "DATA" && text.startsWith("354");
      if (text === "") socket.destroy();
      else socket.write(`${text}\r\n`);
    };
    answer("greeting");
    let rest = "";
    socket.on("data", (chunk) => {
      const lines = (rest + chunk.toString("latin1")).split("\r\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (inData && line !== ".") continue;
        answer(inData ? "end" : ((/^[A-Z]+/i.exec(line)?.[0].toUpperCase() ?? "QUIT") as Stage));
      }
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    stages,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, "close");
    },
  };
}

/** Refusals of each stage, for now and for good, and the trouble that each is. */
const REFUSALS: readonly (readonly [stage: Stage, answer: string, trouble: Trouble])[] = [
  ["greeting", "421 too many connections", "passing"],
  ["greeting", "554 no service", "setup"],
  ["EHLO", "421 closing", "passing"],
  ["STARTTLS", "454 TLS not available", "passing"],
  ["STARTTLS", "502 not implemented", "setup"],
  ["AUTH", "454 try later", "passing"],
  ["AUTH", `535 bad credentials ${PASSWORD}`, "setup"],
  ["MAIL", "451 try later", "passing"],
  ["MAIL", "550 bad sender", "message"],
  ["MAIL", "530 authentication required", "setup"],
  ["RCPT", "450 greylisted", "passing"],
  ["RCPT", "550 no such user", "message"],
  ["DATA", "451 try later", "passing"],
  ["DATA", "554 no valid recipients", "message"],
  ["end", "452 disk full", "passing"],
  ["end", "554 looks like spam", "message"],
];

const smtpOf = (stage: Stage, port: number): SmtpSettings => ({
  ...{ host: "127.0.0.1", port, tls: stage === "STARTTLS" ? "required" : "none" },
  ...(stage === "AUTH" && { user: "bpfwarden", password: { from: "plain", value: PASSWORD } }),
});

const send = (smtp: SmtpSettings): ReturnType<typeof attempt> =>
  attempt(
    { id: "delivery-1", action: mail, content: contentOf({}, slow) },
    context({ smtp }),
    new AbortController().signal,
  );

for (const [stage, answer, trouble] of REFUSALS) {
  test(`${stage} answered by "${answer}" is ${trouble}`, async () => {
    await using server = await serving({ [stage]: answer, ...(stage === "EHLO" && { HELO: answer }) });
    const outcome = await send(smtpOf(stage, server.port));
    assert.partialDeepStrictEqual(outcome, { ok: false, trouble }, JSON.stringify(outcome));
    assert.ok(server.stages.includes(stage));
    assert.ok(!JSON.stringify(outcome).includes(PASSWORD), JSON.stringify(outcome));
  });
}

for (const stage of ["greeting", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "end"] as const) {
  test(`a connection that ends at ${stage} is tried again`, async () => {
    await using server = await serving({ [stage]: "" });
    const outcome = await send(smtpOf(stage, server.port));
    assert.partialDeepStrictEqual(outcome, { ok: false, trouble: "passing" }, JSON.stringify(outcome));
  });
}

test("a server that took the mail has it, whatever it answers to QUIT", async () => {
  for (const answer of ["500 what", ""]) {
    await using server = await serving({ QUIT: answer });
    assert.deepEqual(await send(smtpOf("QUIT", server.port)), { ok: true });
  }
});
