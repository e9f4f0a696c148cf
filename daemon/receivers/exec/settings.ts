import { durationMs } from "../../yaml/quantity.ts";
import { itemsOf, textOf, valueOf } from "../../yaml/yaml-node.ts";
import type { Receiver } from "../receiver.ts";

export interface ExecSettings {
  readonly kind: "exec";
  readonly program: string;
  readonly args: readonly string[];
  readonly timeoutMs: number;
  /** true if the settings allow programs */
  readonly isAllowed: boolean;
}

/** The time after a program's limit at which the attempt is ended, whatever hangs. */
const SPARE_MS = 5_000;

export const exec: Receiver<ExecSettings> = {
  schema: {
    title: "a map {program}",
    description: "Run a program of root's, with the default body of a webhook as JSON on its standard input.",
    type: "object",
    required: ["program"],
    properties: {
      program: {
        title: "an absolute path",
        description: "The program. It, and each folder on the way to it, must be root's and writable by root only.",
        type: "string",
        pattern: "^/",
      },
      args: {
        title: "a list of arguments",
        description: "Arguments, always the same. Nothing of an alert is in them.",
        type: "array",
        maxItems: 64,
        items: { title: "an argument", type: "string", pattern: "^[^\\u0000]*$" },
      },
      timeout: {
        $ref: "#/$defs/positive-duration",
        description: "The time after which the program and its children are killed. Default: 30s.",
      },
    },
    additionalProperties: false,
  },
  read: (node, { allowsExec }) => ({
    kind: "exec",
    program: textOf(valueOf(node, "program")) ?? "",
    args: itemsOf(valueOf(node, "args")).flatMap((item) => textOf(item) ?? []),
    timeoutMs: durationMs(textOf(valueOf(node, "timeout")) ?? "30s"),
    isAllowed: allowsExec,
  }),
  permission: "allow_exec",
  isImmediate: false,
  keepsOrder: false,
  takesRecords: false,
  maxAlerts: 500,
  gatherEventsMs: 1000,
  maxEvents: 500,
  attemptMs: ({ timeoutMs }) => timeoutMs + SPARE_MS,
};
