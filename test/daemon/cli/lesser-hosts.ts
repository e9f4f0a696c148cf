/** True if this process could do what the tests want to see refused. */
const isRoot = process.getuid?.() === 0;

/**
 * The words before a command that may load nothing into the kernel. It stays the same user, who
 * can read the checkout in any place.
 */
export const WITHOUT_CAPABILITIES: readonly string[] = isRoot
  ? ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
  : [];

const HIDE_TRACEFS =
  'for place in /sys/kernel/tracing /sys/kernel/debug; do mount -t tmpfs none "$place"; done; exec "$@"';

/** The words before a command that must not see tracefs; users other than root cannot see it anyway. */
export const WITHOUT_TRACEFS: readonly string[] = isRoot ? ["unshare", "--mount", "sh", "-c", HIDE_TRACEFS, "sh"] : [];
