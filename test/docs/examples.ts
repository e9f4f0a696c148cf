import ruleSchema from "../../schemas/rule.schema.json" with { type: "json" };
import settingsSchema from "../../schemas/settings.schema.json" with { type: "json" };
import { BLOCKS, type Block } from "./pages.ts";

const OURS = BLOCKS.filter(({ language, of }) => language === "yaml" && of === undefined);

/** The key that a block begins with. */
function firstKey({ text }: Block): string {
  return /^(\w+):/m.exec(text)?.[1] ?? "";
}

/** Rule tests, each with the rule that stands before it on its page. */
export const TEST_EXAMPLES: readonly (Block & { readonly rule: string })[] = OURS.flatMap((block, index) => {
  if (firstKey(block) !== "test") return [];
  const before = OURS.slice(0, index).findLast((each) => each.page === block.page && firstKey(each) === "rule");
  return [{ ...block, rule: before?.text ?? "" }];
});

export const SETTINGS_EXAMPLES: readonly Block[] = OURS.filter(
  (block) => firstKey(block) in settingsSchema.properties && !isRule(block),
);

/** Rules, and parts of rules, which are made whole. */
export const RULE_EXAMPLES: readonly Block[] = OURS.filter(isRule).map((block) => ({
  ...block,
  text: whole(block.text),
}));

function isRule(block: Block): boolean {
  const key = firstKey(block);
  return key in ruleSchema.properties && key !== "labels";
}

function whole(text: string): string {
  return /^rule:/m.test(text) ? text : `rule: part\n${text}`;
}

/** Blocks that are neither: a page shows something that no test looks at. */
export const UNKNOWN_EXAMPLES: readonly Block[] = OURS.filter(
  (block) => firstKey(block) !== "test" && !isRule(block) && !(firstKey(block) in settingsSchema.properties),
);
