import { type Diagnostic, errorAt, warningAt } from "../../../bpf/source/diagnostic.ts";
import { textOf, type YamlNode } from "../../yaml/yaml-node.ts";
import type { SettingsCode } from "./codes.ts";
import type { Fault } from "./host-fault.ts";

/** Checks a value of the settings if it is a text. */
export function checkText(
  node: YamlNode | undefined,
  faultOf: (text: string) => Fault | undefined,
): readonly Diagnostic[] {
  const text = textOf(node);
  const fault = text === undefined ? undefined : faultOf(text);
  if (node === undefined || fault === undefined) return [];
  const make = fault.isDoubtful === true ? warningAt<SettingsCode> : errorAt<SettingsCode>;
  return [make("bad-receiver", fault.message, node.span, fault.help)];
}
