/** The files of `rules.d` that are on by default, without `.yaml`. */
export const SHIPPED: readonly string[] = ["bash-audit", "page-cache-hit-ratio", "tcp-retransmits"];
