import koffi from "koffi";
import { MissingLibraryError } from "./missing-library-error.ts";
import { TaskLimit } from "./task-limit.ts";

/**
 * The arguments of bound functions: numbers, descriptors, and memory as typed arrays or option
 * structs.
 */
export type NativeArgument = number | bigint | string | null | NodeJS.ArrayBufferView | object;

export interface NativeFunction<Result> {
  (...values: NativeArgument[]): Result;
  /**
   * Runs the call on a thread of libuv's pool. The arguments must stay unchanged until it is done.
   */
  onThread(...values: NativeArgument[]): Promise<Result>;
}

interface BoundFunction {
  (...values: unknown[]): unknown;
  async(...values: unknown[]): void;
}

export interface NativeLibrary {
  /**
   * Binds one function by its C declaration. The library is opened at the first call, so that
   * importing this package needs no library.
   */
  bind<Result = number>(declaration: string): NativeFunction<Result>;
  /**
   * Binds a function as `bind` does, with an option struct as the last argument. Values that C
   * writes into it come back if the direction has `out`.
   */
  bindWithOptions(
    name: string,
    argumentTypes: readonly string[],
    options: OptionStruct,
    direction?: "in" | "in and out",
  ): NativeFunction<number>;
}

export type OptionStruct = ReturnType<typeof koffi.struct>;

/**
 * Returns the address of an array's memory, for structs that hold pointers as numbers. It is valid
 * only while the array is referenced.
 */
export function addressOf(array: NodeJS.ArrayBufferView): bigint {
  return koffi.address(array);
}

/**
 * Returns a library that is opened at the first call of one of its functions.
 *
 * @param file as dlopen(3) takes it
 * @param missing says how to get the library: the message of the error if it cannot be opened
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

/** Arguments that C uses on another thread: their memory must not be collected meanwhile. */
const inFlight = new Set<readonly NativeArgument[]>();

/**
 * libuv's pool has four threads for files, names and these calls. Waiting for RCU takes tens of
 * milliseconds, so one thread always stays free. koffi itself throws for more than 256 queued
 * calls.
 */
const threads = new TaskLimit(3);
