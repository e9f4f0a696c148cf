import assert from "node:assert/strict";
import { kernelTest } from "../privilege.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

// Linux 6.12 renamed the argument to "skb__nullable", which tells its verifier that it can be NULL.
kernelTest("an argument that can be NULL has the same name on all kernels", async () => {
  await using rule = new LoadedRule(
    "rule: resets\nprobe: rawtracepoint:tcp_send_reset\nfilter: args.skb.len > 0\naggregate: {value: count()}\n",
  );
  assert.equal(rule.object.attached.length, 1);
});
