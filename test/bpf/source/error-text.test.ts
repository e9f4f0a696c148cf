import assert from "node:assert/strict";
import { test } from "node:test";
import { errorText } from "../../../bpf/source/error-text.ts";

function failure(fields: object, message = "", cause?: unknown): Error {
  return Object.assign(new Error(message, { cause }), fields);
}

test("an error's text says what happened, for any thrown value", () => {
  const refused = failure({ code: "ECONNREFUSED" }, "connect ECONNREFUSED ::1:25");
  const cases: readonly (readonly [unknown, string])[] = [
    [new Error("no"), "no"],
    [refused, "connect ECONNREFUSED ::1:25"],
    [failure({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" }, "self-signed"), "self-signed (DEPTH_ZERO_SELF_SIGNED_CERT)"],
    [
      failure({ code: undefined }, "Response does not match the HTTP/1.1 protocol"),
      "Response does not match the HTTP/1.1 protocol",
    ],
    [failure({ code: undefined }), "Error"],
    [failure({ code: "EPIPE" }), "EPIPE"],
    [failure({}, "", refused), "connect ECONNREFUSED ::1:25"],
    [
      Object.assign(new AggregateError([refused, new Error("connect ETIMEDOUT")]), { code: "ECONNREFUSED" }),
      "connect ECONNREFUSED ::1:25; connect ETIMEDOUT",
    ],
    [undefined, "failed for an unknown reason"],
    [null, "failed for an unknown reason"],
    ["a text", "a text"],
    ["", "threw a value of type string"],
    [{}, "threw a value of type object"],
  ];
  for (const [error, text] of cases) assert.equal(errorText(error), text);
});

test("an error's text is limited in length", () => {
  assert.equal(errorText(new Error("x".repeat(100_000))).length, 501);
});
