import { loadBtf, onlineCpus, programInfo, RingBuffer, RingPoller, type BpfMap, type BpfProgram } from "libbpf-ts";
import { STACKS, type ObjectLayout, type ObjectSpec, type ProgramSpec } from "../compile/object-spec.ts";
import { attachProgram, spellPoint, type AttachedProgram } from "./attach-program.ts";
import { AttachRefused } from "./attach-refused.ts";
import { joinFollowed, type Attachment, type Followed, type RefusedPoint } from "./attachment.ts";
import type { FileRequest, ProcessFiles } from "../foreign/process-files.ts";
import type { Fuser } from "./fused/fuser.ts";
import type { Generation, Generations } from "./generations.ts";
import type { Span } from "../source/source.ts";
import { KeySweeper } from "./key-sweeper.ts";
import { countsRuns } from "../compile/attach-kinds.ts";
import { KeysReader } from "./keys-reader.ts";
import type { AttachedProbe, Drained, DrainedRow, LoadedObject, ProgramTotals } from "./loaded-object.ts";
import { makeMap, makeProgram } from "./make-program.ts";
import { MissingSamples } from "./missing-samples.ts";
import { SharesReader } from "./shares-reader.ts";
import { SpanSweeper } from "./span-sweeper.ts";
import { StateReader } from "./state-reader.ts";
import { openWakeReader, type WakeReader } from "./wake-reader.ts";

interface LoadedProgram {
  readonly spec: ProgramSpec;
  readonly program: BpfProgram;
}

/**
 * Creates a rule's maps and programs and attaches them. Throws ProgramRejected if the verifier
 * refuses a program, which is a bug of the compiler; AttachRefused if a probe refuses it; BpfError
 * for anything else. After an error nothing stays in the kernel.
 *
 * @param fuser joins programs with those of other rules; each is attached alone if absent
 */
export function loadObject(spec: ObjectSpec, generations: Generations, fuser?: Fuser): LoadedObject {
  using made = new DisposableStack();
  // Programs and maps keep the BTF alive.
  using btf = loadBtf(spec.btf);
  const maps = new Map<string, BpfMap>();
  for (const map of spec.maps) {
    maps.set(map.name, map.shared === undefined ? made.use(makeMap(map, btf)) : generations.control);
  }
  const programs = spec.programs.map((program): LoadedProgram => {
    const loaded = made.use(makeProgram(program, (map) => mapNamed(maps, map).fd, btf));
    return { spec: program, program: loaded };
  });
  const ring =
    spec.layout.record === undefined ? undefined : made.use(new RingBuffer(mapNamed(maps, spec.layout.record.map)));
  const openRing = (map: BpfMap): RingBuffer => made.use(new RingBuffer(map));
  const wakes = openWakeReader(spec.layout, (name) => mapNamed(maps, name), openRing);
  if (wakes !== undefined) made.use(wakes);
  const results: Attached[] = [];
  // the ends of spans before their starts: a start whose end is not seen yet would stay open, and
  // take the place of the next
  for (const [turn, { spec: loaded, program }] of programs.toReversed().entries()) {
    const fusing = fuser && { fuser, turn, mapNamed: (map: string) => mapNamed(maps, map) };
    const attached = attachProgram(program, loaded, fusing);
    attached.attachments.forEach((attachment) => made.use(attachment));
    results.push({ ...attached, probe: loaded.probe });
  }
  checkProbes(results);
  const attachments = results.flatMap((result) => result.attachments);
  const refused = results.flatMap((result) => result.refused);
  const held = made.move();
  return new KernelObject(spec, maps, programs, { attachments, refused }, { ring, wakes }, held);
}

interface Attached extends AttachedProgram {
  readonly probe: Span;
}

/** Throws AttachRefused if no point of a probe that the rule names could be attached. */
function checkProbes(results: readonly Attached[]): void {
  for (const ofProbe of Map.groupBy(results, ({ probe }) => probe.start).values()) {
    const [first] = ofProbe.flatMap(({ refused }) => refused);
    const isAttached = ofProbe.some(({ attachments }) => attachments.length > 0);
    if (first !== undefined && !isAttached) throw new AttachRefused(spellPoint(first.point), first.error);
  }
}

class KernelObject implements LoadedObject {
  readonly spec: ObjectSpec;
  readonly attached: readonly AttachedProbe[];
  readonly refused: readonly string[];
  readonly wakes: WakeReader | undefined;
  readonly #maps: ReadonlyMap<string, BpfMap>;
  readonly #programs: readonly LoadedProgram[];
  readonly #attachments: readonly Attachment[];
  readonly #ring: RingBuffer | undefined;
  readonly #held: DisposableStack;
  readonly #state: StateReader;
  readonly #sweepers: readonly SpanSweeper[];
  readonly #keys: KeysReader | undefined;
  readonly #known: KeySweeper | undefined;
  readonly #shares: SharesReader | undefined;
  readonly #missingSamples = new MissingSamples();
  /** runs of the programs that sample, by their own count */
  #runs = 0n;
  #missedAtEnd: { readonly sum: bigint | undefined } | undefined;
  #detached = false;
  readonly #poller = new RingPoller();

  constructor(
    spec: ObjectSpec,
    maps: ReadonlyMap<string, BpfMap>,
    programs: readonly LoadedProgram[],
    {
      attachments,
      refused,
    }: { readonly attachments: readonly Attachment[]; readonly refused: readonly RefusedPoint[] },
    { ring, wakes }: { readonly ring: RingBuffer | undefined; readonly wakes: WakeReader | undefined },
    held: DisposableStack,
  ) {
    this.spec = spec;
    this.#maps = maps;
    this.#programs = programs;
    this.#attachments = attachments;
    this.#ring = ring;
    this.wakes = wakes;
    this.#held = held;
    const { key, sharesMap, stateMap } = spec.layout;
    this.#shares = sharesMap === undefined ? undefined : new SharesReader(mapNamed(maps, sharesMap));
    this.#state = new StateReader(mapNamed(maps, stateMap), spec.layout);
    this.#keys = key && new KeysReader(spec.layout, key, (name) => maps.get(name));
    this.#known = key && new KeySweeper(spec.layout, (name) => mapNamed(maps, name));
    this.#sweepers = spec.layout.spans.map(({ map, timeoutNs }) => new SpanSweeper(mapNamed(maps, map), timeoutNs));
    const left = new Set(refused.map(({ point }) => point));
    this.attached = spec.programs.flatMap(({ name, attach }) =>
      attach.filter((point) => !left.has(point)).map((point) => ({ program: name, point: spellPoint(point) })),
    );
    this.refused = refused.map(({ point, error }) => new AttachRefused(spellPoint(point), error).message);
  }

  drain(idle: Generation): Drained {
    const rows = this.#keys?.drain(idle) ?? [];
    this.#known?.sweep();
    const { health, unkeyed } = this.#state.drain(idle);
    const orphaned = this.#sweepers.reduce((sum, sweeper) => sum + sweeper.sweep(), health.orphaned);
    const matched = health.matched + matchedElsewhere(this.spec.layout, unkeyed, rows);
    const leftOut = this.#shares?.drain(health.left_out);
    this.#observeSamples(health.runs);
    return { health: { ...health, matched, orphaned }, unkeyed, rows, ...(leftOut && { leftOut }) };
  }

  drainRecords(onRecord: (record: Uint8Array) => void, max?: number): number {
    return this.#ring?.drain(onRecord, max) ?? 0;
  }

  watchRecords(onRecords: () => void): void {
    if (this.#ring !== undefined) this.#poller.add(this.#ring, onRecords);
  }

  stack(id: bigint): Uint8Array | undefined {
    return this.#maps.get(STACKS.map)?.lookup(new Uint8Array(BigUint64Array.of(id).buffer));
  }

  #observeSamples(runs: bigint): void {
    const sampling = this.#attachments.filter((attachment) => attachment.due !== undefined);
    if (sampling.length === 0 || this.#detached) return;
    this.#runs += runs;
    const due = sampling.reduce((sum, attachment) => sum + (attachment.due?.() ?? 0n), 0n);
    this.#missingSamples.observe(due, this.#runs, sampling.length * onlineCpus().length);
  }

  #missed(): { readonly sum: bigint | undefined } {
    const counting = this.#attachments.filter((attachment) => attachment.missed !== undefined);
    return { sum: sumOfKnown(counting.map((attachment) => attachment.missed?.())) };
  }

  totals(): ProgramTotals {
    const own = this.#programs.map(({ program, spec: { attach } }) => ({
      ...programInfo(program),
      isGuarded: countsRuns(attach),
    }));
    const runs = [...own, ...this.#attachments.flatMap((attachment) => attachment.shared?.() ?? [])];
    const guarded = runs.filter(({ isGuarded }) => isGuarded);
    const missedRuns = [(this.#missedAtEnd ?? this.#missed()).sum, this.#missingSamples.count];
    return {
      runTimeNs: runs.reduce((sum, { runTimeNs }) => sum + runTimeNs, 0n),
      runCount: runs.reduce((sum, { runCount }) => sum + runCount, 0n),
      skipped: sumOfKnown([...runs.map(({ recursionMisses }) => recursionMisses), ...missedRuns]),
      lost: sumOfKnown([...guarded.map(({ recursionMisses }) => recursionMisses), ...missedRuns]),
    };
  }

  get files(): readonly FileRequest[] {
    return this.#attachments.flatMap(({ files }) => files ?? []);
  }

  get asksForMapped(): boolean {
    return this.#attachments.some(({ asksForMapped }) => asksForMapped === true);
  }

  async follow(around: ProcessFiles): Promise<Followed> {
    const followed: Followed[] = [];
    for (const attachment of this.#attachments) {
      if (!this.#detached && attachment.follow !== undefined) followed.push(await attachment.follow(around));
    }
    return joinFollowed(followed);
  }

  async detach(): Promise<void> {
    // a closed link can no longer be asked
    if (!this.#detached) this.#missedAtEnd = this.#missed();
    this.#detached = true;
    await Promise.all(this.#attachments.map((attachment) => attachment[Symbol.asyncDispose]()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Freed at the end, even if detaching fails.
    using _ = this.#held;
    this.#poller[Symbol.dispose]();
    await this.detach();
  }
}

/** Returns the sum, or undefined if one of the counts is not known. */
function sumOfKnown(counts: readonly (bigint | undefined)[]): bigint | undefined {
  let sum = 0n;
  for (const count of counts) {
    if (count === undefined) return undefined;
    sum += count;
  }
  return sum;
}

/** Returns the matched runs that the counts of aggregates stand for. */
function matchedElsewhere(
  { matchedBy }: ObjectLayout,
  unkeyed: Drained["unkeyed"],
  rows: readonly DrainedRow[],
): bigint {
  let sum = 0n;
  for (const index of matchedBy) {
    sum += unkeyed[index]?.[0] ?? 0n;
    for (const { values } of rows) sum += values[index]?.[0] ?? 0n;
  }
  return sum;
}

function mapNamed(maps: ReadonlyMap<string, BpfMap>, name: string): BpfMap {
  const map = maps.get(name);
  if (map === undefined) throw new Error(`the object has no map "${name}"`);
  return map;
}
