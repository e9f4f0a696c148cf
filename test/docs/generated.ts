import { format } from "prettier";
import { REFERENCE } from "./reference.ts";

const BLOCK = /^<!-- generated: ([\w-]+) -->\n(.*?)^<!-- end -->$/gms;

/** The names of the generated parts of a page. */
export function generatedParts(text: string): readonly string[] {
  return [...text.matchAll(BLOCK)].map(([, name = ""]) => name);
}

/** A page whose generated parts are made from the tables of the code. */
export async function regenerated(text: string): Promise<string> {
  const parts = new Map<string, string>();
  for (const name of generatedParts(text)) parts.set(name, await partOf(name));
  return text.replaceAll(
    BLOCK,
    (_all, name: string) => `<!-- generated: ${name} -->\n\n${parts.get(name) ?? ""}\n<!-- end -->`,
  );
}

async function partOf(name: string): Promise<string> {
  const make = REFERENCE[name];
  if (make === undefined) throw new Error(`no generated part is called "${name}"`);
  return format(await make(), { parser: "markdown", printWidth: 100, proseWrap: "always" });
}
