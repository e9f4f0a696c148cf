import type { MountRoot } from "../kernel/processes/mount-roots.ts";

/**
 * Roots that are looked at in one turn. Every owner that has roots gets the same number of them;
 * new ones come first.
 */
const ROOTS_A_TURN = 64;
/**
 * The most turns until a root without changes is looked at again. The wait doubles each time, up to
 * this: packages are upgraded in containers too.
 */
const LONGEST_WAIT = 16;

interface Turn {
  /** turns until the next look */
  dueIn: number;
  wait: number;
  /** result of the last look that learned something; undefined before it */
  seen: string | undefined;
  /** who is responsible for it, if known */
  owner: string | undefined;
}

/** Chooses the roots that are looked at in each turn. */
export class RootTurns {
  /** in the order of the looks */
  readonly #turns = new Map<string, Turn>();

  /**
   * Returns the roots whose turn it is.
   *
   * @param all true if each root must be looked at, since something new is looked for
   * @param ownerOf who is responsible for a root. An owner who makes roots without end waits only
   * for his own.
   */
  due(roots: readonly MountRoot[], all: boolean, ownerOf: (root: MountRoot) => string): readonly MountRoot[] {
    const present = new Map(roots.map((root) => [root.key, root]));
    for (const key of this.#turns.keys()) if (!present.has(key)) this.#turns.delete(key);
    for (const key of present.keys()) if (!this.#turns.has(key)) this.#turns.set(key, newTurn());
    for (const turn of this.#turns.values()) turn.dueIn = all ? 0 : Math.max(0, turn.dueIn - 1);
    const due = [...this.#turns].filter(([, { dueIn }]) => dueIn === 0);
    const [fresh, known] = [
      due.filter(([, { seen }]) => seen === undefined),
      due.filter(([, { seen }]) => seen !== undefined),
    ];
    const queues = new Map<string, MountRoot[]>();
    for (const [key, turn] of [...fresh, ...known]) {
      const root = present.get(key);
      if (root === undefined) continue;
      turn.owner ??= ownerOf(root);
      const queue = queues.get(turn.owner);
      if (queue === undefined) queues.set(turn.owner, [root]);
      else if (queue.length < ROOTS_A_TURN) queue.push(root);
    }
    return inTurn([...queues.values()], ROOTS_A_TURN);
  }

  /**
   * Records the result of a look.
   *
   * @param found a text that is equal as long as nothing changes; undefined if nothing was learned
   */
  looked(root: string, found: string | undefined): void {
    const turn = this.#turns.get(root) ?? newTurn();
    turn.wait = turn.seen === found ? Math.min(2 * turn.wait, LONGEST_WAIT) : 1;
    turn.dueIn = turn.wait;
    turn.seen = found ?? turn.seen;
    turn.owner = undefined;
    this.#turns.delete(root);
    this.#turns.set(root, turn);
  }

  again(root: string): void {
    const turn = this.#turns.get(root);
    if (turn !== undefined) turn.dueIn = 0;
  }
}

const newTurn = (): Turn => ({ dueIn: 0, wait: 1, seen: undefined, owner: undefined });

/** Returns the first item of each queue, then the second of each, and so on. */
function inTurn<Item>(queues: readonly (readonly Item[])[], most: number): readonly Item[] {
  const taken: Item[] = [];
  const longest = Math.max(0, ...queues.map((queue) => queue.length));
  for (let place = 0; place < longest && taken.length < most; place++)
    taken.push(...queues.flatMap((queue) => queue.slice(place, place + 1)));
  return taken.slice(0, most);
}
