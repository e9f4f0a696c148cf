import type { RuleSummary } from "../../api/status-report.ts";
import type { KeyPress } from "./key-presses.ts";
import { ORDERS } from "./orders.ts";

/** The choices of a user of `top`. Plain data: a key press gives another one. */
export interface TopState {
  /** the name of an order in `ORDERS` */
  readonly order: string;
  /** only rules whose name has this text */
  readonly filter: string;
  /** true while the filter is typed */
  readonly isTyping: boolean;
  /** the marked rule; the first one if it is not listed */
  readonly marked: string | undefined;
  /** the rule whose keys are shown; undefined for the list of rules */
  readonly rule: string | undefined;
  readonly isOver: boolean;
}

export const START: TopState = {
  order: "cpu",
  filter: "",
  isTyping: false,
  marked: undefined,
  rule: undefined,
  isOver: false,
};

/** Rows that a page key moves the mark. */
const PAGE = 10;

/** Returns the rules that are listed, in their order. */
export function listedRules({ order, filter }: TopState, rules: readonly RuleSummary[]): readonly RuleSummary[] {
  const compare = ORDERS.find(({ name }) => name === order)?.compare ?? (() => 0);
  return rules
    .filter(({ rule }) => rule.includes(filter))
    .toSorted((a, b) => compare(a, b) || a.rule.localeCompare(b.rule));
}

/** Returns the state after a key. @param listed the names of the listed rules */
export function afterKey(state: TopState, press: KeyPress, listed: readonly string[]): TopState {
  if ("key" in press && press.key === "interrupt") return { ...state, isOver: true };
  if (state.isTyping) return whileTyping(state, press);
  return "character" in press ? afterCharacter(state, press.character) : (MOVES[press.key]?.(state, listed) ?? state);
}

function whileTyping(state: TopState, press: KeyPress): TopState {
  if ("character" in press) return { ...state, filter: state.filter + press.character };
  switch (press.key) {
    case "enter":
      return { ...state, isTyping: false };
    case "escape":
      return { ...state, isTyping: false, filter: "" };
    case "erase":
      return { ...state, filter: state.filter.slice(0, -1) };
    default:
      return state;
  }
}

function afterCharacter(state: TopState, character: string): TopState {
  if (character === "q") return { ...state, isOver: true };
  if (character === "/") return { ...state, isTyping: true, rule: undefined };
  const order = ORDERS.find(({ key }) => key === character);
  return order === undefined ? state : { ...state, order: order.name };
}

type Move = (state: TopState, listed: readonly string[]) => TopState;

const moveBy =
  (rows: number): Move =>
  (state, listed) => {
    const at = Math.max(0, listed.indexOf(state.marked ?? ""));
    const marked = listed[Math.min(Math.max(0, at + rows), listed.length - 1)];
    return state.rule === undefined ? { ...state, marked } : state;
  };

const MOVES: Readonly<Partial<Record<string, Move>>> = {
  up: moveBy(-1),
  down: moveBy(1),
  "page-up": moveBy(-PAGE),
  "page-down": moveBy(PAGE),
  enter: (state, listed) => ({ ...state, rule: listed.includes(state.marked ?? "") ? state.marked : listed[0] }),
  escape: (state) => (state.rule === undefined ? { ...state, filter: "" } : { ...state, rule: undefined }),
};
