import type { MacroTable } from "../macro-table.ts";

/** Types of network interfaces, and the length of their names. */
export const INTERFACES: MacroTable = {
  headers: ["linux/if.h", "linux/if_arp.h"],
  values: {
    ARPHRD_ETHER: 1,
    ARPHRD_INFINIBAND: 32,
    ARPHRD_PPP: 512,
    ARPHRD_TUNNEL: 768,
    ARPHRD_TUNNEL6: 769,
    ARPHRD_LOOPBACK: 772,
    ARPHRD_IPGRE: 778,
    ARPHRD_NONE: 0xfffe,
    IFALIASZ: 256,
    IFNAMSIZ: 16,
  },
};
