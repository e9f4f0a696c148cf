import { RECEIVER_KINDS, RECEIVERS } from "./receivers.ts";

const braced = RECEIVER_KINDS.map((kind) => `{${kind}}`);

/** The JSON Schema of an action: a map with the key of one receiver. */
export const ACTION_SCHEMA = {
  title: `an action ${braced.slice(0, -1).join(", ")} or ${braced.at(-1) ?? ""}`,
  type: "object",
  minProperties: 1,
  allOf: [{ maxProperties: 1 }],
  additionalProperties: false,
  properties: Object.fromEntries(RECEIVER_KINDS.map((kind) => [kind, RECEIVERS[kind].schema])),
} as const;
