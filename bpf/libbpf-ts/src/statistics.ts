import { checked } from "./bpf-error.ts";
import { Descriptor } from "./descriptor.ts";
import { bpfEnableStatistics } from "./libbpf.ts";

/** BPF_STATS_RUN_TIME */
const RUN_TIME = 0;

/**
 * Makes the kernel count run time and runs of every program on the host until this is disposed
 * (BPF_ENABLE_STATS, 5.8). Its clock costs about as much in each run as a count does. Throws
 * BpfError.
 */
export function enableRunStatistics(): Disposable {
  const subject = "run statistics";
  return new Descriptor(checked("BPF_ENABLE_STATS", bpfEnableStatistics(RUN_TIME), subject), subject);
}
