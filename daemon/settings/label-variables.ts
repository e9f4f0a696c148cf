import { type Diagnostic, errorAt } from "../../bpf/source/diagnostic.ts";
import { entriesOf, textOf, valueOf, type YamlNode } from "../yaml/yaml-node.ts";
import type { SettingsCode } from "./values/codes.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

const VARIABLE = /^env:([A-Za-z_][A-Za-z0-9_]*)$/;

/** Returns the value of a label: a text, or the value of the variable that `env:NAME` names. */
export function labelValue(text: string, environment: Environment): string {
  const name = VARIABLE.exec(text)?.[1];
  return name === undefined ? text : (environment[name] ?? "");
}

/** Reports labels whose variable is not set: such alerts would come from nowhere. */
export function checkLabelVariables(root: YamlNode, environment: Environment): readonly Diagnostic[] {
  return entriesOf(valueOf(root, "labels")).flatMap(({ value }) => {
    const name = VARIABLE.exec(textOf(value) ?? "")?.[1];
    if (name === undefined || (environment[name] ?? "") !== "") return [];
    const message = `the environment variable "${name}" is not set`;
    const help = `for the service, write Environment=${name}=VALUE by systemctl edit bpfwarden; for check, ${name}=VALUE bpfwarden check`;
    return [errorAt<SettingsCode>("missing-variable", message, value.span, help)];
  });
}
