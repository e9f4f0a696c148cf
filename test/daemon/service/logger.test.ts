import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type LogFormat, logFormatFor } from "../../../daemon/service/log-format.ts";
import { type Logger, createLogger } from "../../../daemon/service/logger.ts";
import { redacted } from "../../../daemon/service/redact.ts";

function logged(format: LogFormat, use: (log: Logger) => void): string {
  let text = "";
  use(createLogger({ level: "info", format, write: (line) => (text += line) }));
  return text;
}

suite("the log", () => {
  test("is JSON lines for machines", () => {
    const line = logged("json", (log) => log.warn({ rule: "tcp-retransmits" }, "probe lost"));
    const { time, ...entry } = JSON.parse(line) as Record<string, unknown>;
    assert.equal(typeof time, "number");
    assert.deepEqual(entry, { level: 40, rule: "tcp-retransmits", msg: "probe lost" });
    assert.ok(line.endsWith("}\n"));
  });

  test("carries the priority for the journal", () => {
    assert.match(
      logged("journal", (log) => log.error("x")),
      /^<3>\{/,
    );
    assert.match(
      logged("journal", (log) => log.info("x")),
      /^<6>\{/,
    );
  });

  test("is one readable line for people", () => {
    const line = logged("terminal", (log) => log.info({ rule: "a", ms: 3 }, "attached"));
    assert.match(line, /^\d\d:\d\d:\d\d info {4}attached rule="a" ms=3\n$/);
  });

  test("gives an error's message once, with its cause", () => {
    const error = new Error("delivery failed", { cause: new Error("ECONNREFUSED") });
    assert.match(
      logged("terminal", (log) => log.error(error)),
      /error {3}delivery failed: ECONNREFUSED\n$/,
    );
    assert.match(
      logged("terminal", (log) => log.error({ err: error }, "oncall")),
      /oncall: delivery failed: ECONNREFUSED\n$/,
    );
  });

  test("shows control characters as escapes on a terminal", () => {
    const line = logged("terminal", (log) => log.info({ comm: "\u001b[2J" }, "a\u001b[31m\nb"));
    assert.match(line, /a\\u001b\[31m\\nb comm="\\u001b\[2J"\n$/);
  });

  for (const format of ["json", "journal", "terminal"] as const) {
    test(`shows invisible characters as escapes (${format})`, () => {
      const hidden = "\u009b31m\u202e\u200b\udb40\udc41\ud800";
      const line = logged(format, (log) => log.info({ comm: hidden, [hidden]: 1 }, hidden));
      assert.match(line, /^[ -~]*\n$/);
    });
  }

  test("cuts texts from outside", () => {
    const line = logged("json", (log) => log.warn({ error: "x".repeat(1_000_000) }, "delivery retrying"));
    assert.ok(line.length < 20_000);
    assert.match(line, /x… \(\d+ more characters\)/);
  });

  test("leaves out what is below its level", () => {
    assert.equal(
      logged("json", (log) => log.debug("x")),
      "",
    );
  });
});

suite("secrets", () => {
  const uses: Readonly<Record<string, (log: Logger) => void>> = {
    "a field": (log) => log.info({ smtp: { user: "alerts", password: "hunter2" } }, "x"),
    "a list": (log) => log.info({ actions: [{ token: "hunter2" }] }, "x"),
    "a header": (log) => log.info({ headers: { Authorization: "Bearer hunter2" } }, "x"),
    "a child's bindings": (log) => log.child({ apiKey: "hunter2" }).info("x"),
    "a URL": (log) => log.info({ action: { url: "https://hooks.example.org/hunter2" } }, "x"),
    "a URL in a message": (log) =>
      log.info("cannot reach https://u:hunter2@hooks.example.org/services/hunter2?k=hunter2"),
    "a URL's password": (log) => log.info("see https://u:hunter2@hooks.example.org"),
    "a URL's password with an at sign": (log) => log.info("see https://u:p@hunter2@hooks.example.org/x"),
    "a URL behind a digit": (log) => log.info("1https://hooks.example.org/hunter2"),
    "a URL's query": (log) => log.info("see https://hooks.example.org?k=hunter2"),
    "a URL in an error": (log) => log.error(new Error("no answer from https://hooks.example.org/hunter2")),
    "a URL in an error's cause": (log) =>
      log.error({ err: new Error("x", { cause: new Error("https://hooks.example.org/hunter2") }) }, "x"),
  };
  for (const [place, use] of Object.entries(uses)) {
    for (const format of ["json", "journal", "terminal"] as const) {
      test(`in ${place} are not shown (${format})`, () => {
        const text = logged(format, use);
        assert.ok(text.length > 0);
        assert.ok(!text.includes("hunter2"), text);
      });
    }
  }

  test("are found in a time that is linear in the text", () => {
    for (const piece of ["a.", "a-a:", "a://", "://a@", "://a:b@c", "@", "://", "token", "a:/", "//a?"]) {
      for (const end of ["", "\n", " "]) {
        // Quadratic time would be minutes here.
        const text = piece.repeat(2_000_000 / piece.length) + end;
        const started = process.cpuUsage();
        redacted({ [text]: text });
        assert.ok(process.cpuUsage(started).user < 20_000_000, piece);
      }
    }
  });

  test("leave the host of a URL visible", () => {
    assert.match(
      logged("terminal", (log) => log.info("POST https://hooks.example.org:8443/x")),
      /POST https:\/\/hooks\.example\.org:8443\/\.\.\.\n/,
    );
  });
});

test("the format suits the destination of the log", () => {
  assert.equal(logFormatFor(true, "8:1", "8:1"), "terminal");
  assert.equal(logFormatFor(false, "8:1", "8:1"), "journal");
  assert.equal(logFormatFor(false, "8:1", "8:2"), "json");
  assert.equal(logFormatFor(false, undefined, "8:2"), "json");
});
