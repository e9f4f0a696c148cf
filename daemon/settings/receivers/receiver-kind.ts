import type { Diagnostic } from "../../../bpf/source/diagnostic.ts";
import { errorAt, warningAt } from "../../../bpf/source/diagnostic.ts";
import { textOf, type YamlNode } from "../../yaml/yaml-node.ts";
import type { SettingsCode } from "../codes.ts";
import type { Fault } from "../host-fault.ts";

/** The host and folder for which settings are read. */
export interface ReadFor {
  /** where relative paths start */
  readonly folder: string;
  readonly hostname: string;
}

/** One kind of receiver in the settings. Its delivery is in `daemon/notify/receivers`. */
export interface ReceiverKind<Settings> {
  /** reads settings that the schema has accepted */
  readonly read: (node: YamlNode, readFor: ReadFor) => Settings;
  /**
   * finds errors beyond the schema: a receiver that can never be reached, or that never takes the
   * body that it would get
   */
  readonly check: (node: YamlNode) => readonly Diagnostic[];
}

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
