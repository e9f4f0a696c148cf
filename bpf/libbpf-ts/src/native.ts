import koffi from "koffi";
import { MissingLibraryError } from "./missing-library-error.ts";
import { TaskLimit } from "./task-limit.ts";

/** What every bound function takes: numbers, descriptors, and memory as typed arrays or option structs. */
export type NativeArgument = number | bigint | string | null | NodeJS.ArrayBufferView | object;

export interface NativeFunction<Result> {
  (...values: NativeArgument[]): Result;
  /** Runs on a thread of libuv's pool. The arguments must stay unchanged until it is done. */
  onThread(...values: NativeArgument[]): Promise<Result>;
}

interface BoundFunction {
  (...values: unknown[]): unknown;
  async(...values: unknown[]): void;
}

export interface NativeLibrary {
  /** Binds one function by its C declaration, at its first call, so that importing this package needs no library. */
  bind<Result = number>(declaration: string): NativeFunction<Result>;
  /** As `bind`, with an option struct as the last argument; what C writes into it comes back where the direction has `out`. */
  bindWithOptions(
    name: string,
    argumentTypes: readonly string[],
    options: OptionStruct,
    direction?: "in" | "in and out",
  ): NativeFunction<number>;
}

export type OptionStruct = ReturnType<typeof koffi.struct>;

/** Where an array's memory is, for structs that hold pointers as numbers. Valid only as long as the array is referred to. */
export function addressOf(array: NodeJS.ArrayBufferView): bigint {
  return koffi.address(array);
}

/**
 * @param file as dlopen(3) takes it
 * @param missing says how to get the library; the message of the error where it cannot be opened
 */
export function nativeLibrary(file: string, missing: string): NativeLibrary {
  let opened: ReturnType<typeof koffi.load> | undefined;
  const library = (): ReturnType<typeof koffi.load> => (opened ??= openLibrary(file, missing));
  return {
    bind: (declaration) => lazily(() => library().func(declaration)),
    bindWithOptions: (name, argumentTypes, options, direction = "in") => {
      const pointer = koffi.pointer(options);
      const last = direction === "in" ? pointer : koffi.inout(pointer);
      return lazily(() => library().func(name, "int", [...argumentTypes, last]));
    },
  };
}

function openLibrary(file: string, missing: string): ReturnType<typeof koffi.load> {
  try {
    return koffi.load(file);
  } catch (cause) {
    throw new MissingLibraryError(missing, { cause });
  }
}

function lazily<Result>(bind: () => BoundFunction): NativeFunction<Result> {
  let bound: BoundFunction | undefined;
  const call = (...values: NativeArgument[]): Result => (bound ??= bind())(...values) as Result;
  const onThread = (...values: NativeArgument[]): Promise<Result> =>
    threads.run(() => callOnThread((bound ??= bind()), values) as Promise<Result>);
  return Object.assign(call, { onThread });
}

function callOnThread(bound: BoundFunction, values: readonly NativeArgument[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    inFlight.add(values);
    bound.async(...values, (error: Error | null, result: unknown) => {
      inFlight.delete(values);
      if (error) reject(error);
      else resolve(result);
    });
  });
}

/** Arguments that C is working with on another thread: their memory must not be collected meanwhile. */
const inFlight = new Set<readonly NativeArgument[]>();

/**
 * libuv's pool has four threads for files, names and these calls. Waiting for RCU takes tens of milliseconds, so one thread
 * always stays free; koffi itself throws at more than 256 queued calls.
 */
const threads = new TaskLimit(3);
