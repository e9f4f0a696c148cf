import type { MountRoot } from "../kernel/processes/mount-roots.ts";

/** Roots that are looked at in one turn: of each owner as many as of the others, as long as it has some, new ones first. */
const ROOTS_A_TURN = 64;
/** Turns until a root in which nothing has changed is looked at again: twice as many each time, as packages are upgraded in containers too. */
const LONGEST_WAIT = 16;

interface Turn {
  /** turns until it is looked at */
  dueIn: number;
  wait: number;
  /** what was found the last time */
  seen: string | undefined;
  /** who answers for it, as far as is known */
  owner: string | undefined;
}

/** Says which roots are looked at. */
export class RootTurns {
  /** in the order in which they were looked at */
  readonly #turns = new Map<string, Turn>();

  /**
   * @param all whether each root is to be looked at, since something is looked for that was not before
   * @param ownerOf who answers for a root: whoever makes roots without end waits for his own only
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

  /** @param found a text that is equal as long as nothing changes; undefined where nothing was learned */
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

/** One of each queue, then the second of each, and so on. */
function inTurn<Item>(queues: readonly (readonly Item[])[], most: number): readonly Item[] {
  const taken: Item[] = [];
  const longest = Math.max(0, ...queues.map((queue) => queue.length));
  for (let place = 0; place < longest && taken.length < most; place++)
    taken.push(...queues.flatMap((queue) => queue.slice(place, place + 1)));
  return taken.slice(0, most);
}
