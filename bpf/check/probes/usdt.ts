import { argumentsKey } from "../../kernel/elf/static-probe-arguments.ts";
import type { ElfFile, Kernel, StaticProbe } from "../../kernel/kernel.ts";
import type { Spelled } from "../../language/program-syntax.ts";
import { didYouMean } from "../../source/did-you-mean.ts";
import { namePattern } from "./name-pattern.ts";
import { badSpelling, fault, type ProbeKind, type ProbeResolution, type ResolvedProbe } from "./probe-kind.ts";
import { staticProbeArgument } from "./static-probe-argument.ts";

/** The text after the kind: the file, and the probe with or without its provider. */
interface Named {
  readonly target: string;
  readonly provider: string | undefined;
  readonly name: string;
}

/**
 * Static probes that a program's author put into it. A probe has as many attach points as places in
 * the code.
 */
export const USDT: ProbeKind = {
  name: "usdt",
  syntax: "usdt:PATH:PROVIDER:NAME",
  doc: "A static probe (USDT) of an executable or library, with `arg0`, `arg1`, ... as its author gives them.",
  resolve(spelled, rest, kernel) {
    const named = readName(rest);
    if (named === undefined) return badSpelling(USDT, spelled);
    const file = kernel.elf(named.target);
    if (typeof file === "string") return fault("unknown-probe", `"${named.target}" cannot be read: ${file}`);
    const { name, provider, target } = named;
    const places = file
      .staticProbes()
      .filter((each) => each.name === name && (provider ?? each.provider) === each.provider);
    if (places.length === 0) return missing(named, file);
    const providers = new Set(places.map((place) => place.provider));
    if (providers.size > 1) return ambiguous(named, [...providers]);
    return { probes: places.map((place) => resolved(spelled, target, file, place, kernel)) };
  },
  list(rest, kernel) {
    const named = readName(rest);
    if (named === undefined) return [];
    const { name, provider, target } = named;
    const file = kernel.elf(target);
    if (typeof file === "string") return `"${target}" cannot be read: ${file}`;
    if (file.staticProbes().length === 0) return `"${target}" has no static probes: ${NONE}`;
    const [isProvider, isName] = [namePattern(provider ?? "*"), namePattern(name)];
    const found = file.staticProbes().filter((probe) => isProvider(probe.provider) && isName(probe.name));
    return [...new Set(found.map((probe) => `${target}:${spell(probe)}`))].toSorted();
  },
};

function readName(rest: string): Named | undefined {
  const [target = "", first = "", second, ...more] = rest.split(":");
  if (target === "" || first === "" || second === "" || more.length > 0) return undefined;
  return second === undefined
    ? { target, provider: undefined, name: first }
    : { target, provider: first, name: second };
}

function resolved(spelled: Spelled, target: string, file: ElfFile, place: StaticProbe, kernel: Kernel): ResolvedProbe {
  const { fileOffset, name, provider, semaphoreOffset } = place;
  return {
    spelled,
    attach: {
      kind: "usdt",
      target,
      path: file.path,
      provider,
      name,
      fileOffset,
      ...(semaphoreOffset !== undefined && { semaphoreOffset }),
      argumentsKey: argumentsKey(place.arguments),
    },
    context: {
      fields: new Map(),
      positional: place.arguments.map((argument) => staticProbeArgument(argument, kernel.architecture)),
      integerSpace: "user",
    },
  };
}

function spell({ name, provider }: Pick<StaticProbe, "name" | "provider">): string {
  return `${provider}:${name}`;
}

/** Notes of static probes survive strip(1), but not every tool of packagers. */
const NONE =
  'it was built without them (sys/sdt.h, --enable-dtrace), or its section ".note.stapsdt" was removed, which "readelf -n" shows';

function missing({ name, provider, target }: Named, file: ElfFile): ProbeResolution {
  const all = [...new Set(file.staticProbes().map(spell))];
  if (all.length === 0) return fault("unknown-probe", `"${target}" has no static probes`, NONE);
  const elsewhere = all.find((each) => each.endsWith(`:${name}`));
  const near = didYouMean(provider === undefined ? name : `${provider}:${name}`, all)?.replace('"', `"usdt:${target}:`);
  const help = elsewhere === undefined ? near : `did you mean "usdt:${target}:${elsewhere}"?`;
  const wanted = provider === undefined ? name : `${provider}:${name}`;
  return fault("unknown-probe", `"${target}" has no static probe "${wanted}"`, help);
}

function ambiguous({ name, target }: Named, providers: readonly string[]): ProbeResolution {
  const message = `expected one static probe "${name}", found one for each of the providers ${providers.join(", ")}`;
  return fault("bad-probe", message, `write "usdt:${target}:${providers[0] ?? ""}:${name}"`);
}
