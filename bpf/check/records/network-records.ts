import type { FieldExpression, FieldExpressions } from "./field-expressions.ts";

/** An end of a socket, which is an inet_sock (TP_STORE_ADDRS, TP_STORE_ADDR_PORTS). */
interface End {
  readonly v4: string;
  /** of either family */
  readonly address: string;
  readonly port: string;
}

function sourceOf(sock: string): End {
  const common = `${sock}.__sk_common`;
  const v4 = `address(cast(${sock}, "inet_sock").inet_saddr)`;
  const address = `${common}.skc_family == AF_INET6 ? address(${common}.skc_v6_rcv_saddr) : ${v4}`;
  return { v4, address, port: `ntohs(cast(${sock}, "inet_sock").inet_sport)` };
}

function peerOf(sock: string): End {
  const common = `${sock}.__sk_common`;
  const v4 = `address(${common}.skc_daddr)`;
  const address = `${common}.skc_family == AF_INET6 ? address(${common}.skc_v6_daddr) : ${v4}`;
  return { v4, address, port: `ntohs(${common}.skc_dport)` };
}

const COMMON = "sock.__sk_common";
const SOURCE = sourceOf("sock");
const PEER = peerOf("sock");

const SOCKET: FieldExpressions = {
  skaddr: "sock",
  sock_cookie: "socket_cookie",
  family: `${COMMON}.skc_family`,
  sport: SOURCE.port,
  dport: PEER.port,
  saddr: SOURCE.v4,
  daddr: PEER.v4,
  saddr_v6: SOURCE.address,
  daddr_v6: PEER.address,
};

const STATE = `${COMMON}.skc_state`;
/**
 * A request that has no socket of its own yet. The family of the listening socket says which
 * addresses are valid.
 */
const REQUEST = "request_sock.__req_common";
const requestAddress = (v4: string, v6: string): string =>
  `${COMMON}.skc_family == AF_INET6 ? address(${REQUEST}.${v6}) : address(${REQUEST}.${v4})`;

const TCP = 'cast(sock, "tcp_sock")';
const CONGESTION = 'cast(sock, "inet_connection_sock").icsk_ca_state';
/**
 * tcp_current_ssthresh: while the window is being reduced (TCP_CA_CWR, TCP_CA_Recovery), it is the
 * value that was set.
 */
const SLOW_START = `${CONGESTION} == 2 or ${CONGESTION} == 3 ? ${TCP}.snd_ssthresh : greatest(${TCP}.snd_ssthresh, (${TCP}.snd_cwnd >> 1) + (${TCP}.snd_cwnd >> 2))`;

const MESSAGE: FieldExpressions = {
  sk: "sock",
  family: `${COMMON}.skc_family`,
  protocol: "sock.sk_protocol",
  ret: "arg1",
  flags: "arg2",
};

/** The verifier refuses loads through an argument that can be null. */
const NULLABLE = "kptr(sock)";
/** In TCP_TIME_WAIT and TCP_NEW_SYN_RECV a socket is not a full one (sk_fullsock). */
const HAS_SOCKET = `(${NULLABLE} != 0 and ${NULLABLE}.__sk_common.skc_state not in [6, 12])`;
const header = (type: string): string => `cast(kptr(cast(sk_buff.head, "u64") + sk_buff.network_header), "${type}")`;

/** Returns an end of a reset. Without a socket it is computed from the packet that is answered. */
function answering({ address, port }: End, end: "saddr" | "daddr", portEnd: "source" | "dest"): FieldExpression {
  const packet = `ntohs(sk_buff.protocol) == 0x800 ? address(${header("iphdr")}.${end}) : address(${header("ipv6hdr")}.${end})`;
  return {
    address: `${HAS_SOCKET} ? (${address}) : (${packet})`,
    port: `${HAS_SOCKET} ? ${port} : ntohs(cast(sk_buff.data, "tcphdr").${portEnd})`,
  };
}

const DEVICE: FieldExpressions = { skbaddr: "sk_buff", len: "sk_buff.len", name: "str(sk_buff.dev.name)" };

/** Records of tcp.h, sock.h, skb.h and net.h. */
export const NETWORK_RECORDS: Readonly<Record<string, FieldExpressions>> = {
  "tcp:tcp_retransmit_skb": { ...SOCKET, skbaddr: "sk_buff", state: STATE, err: "arg2" },
  // without a socket its state is 0, and the addresses are those of the packet
  "tcp:tcp_send_reset": {
    skaddr: "sock",
    skbaddr: "sk_buff",
    sport: SOURCE.port,
    dport: PEER.port,
    saddr: answering(sourceOf(NULLABLE), "daddr", "dest"),
    daddr: answering(peerOf(NULLABLE), "saddr", "source"),
  },
  "tcp:tcp_receive_reset": SOCKET,
  "tcp:tcp_destroy_sock": SOCKET,
  "tcp:tcp_rcv_space_adjust": SOCKET,
  "tcp:tcp_probe": {
    skaddr: "sock",
    skbaddr: "sk_buff",
    sock_cookie: "socket_cookie",
    family: `${COMMON}.skc_family`,
    sport: SOURCE.port,
    dport: PEER.port,
    saddr: SOURCE,
    daddr: PEER,
    mark: "sk_buff.mark",
    data_len: 'sk_buff.len - cast(sk_buff.data, "tcphdr").doff * 4',
    snd_nxt: `${TCP}.snd_nxt`,
    snd_una: `${TCP}.snd_una`,
    snd_cwnd: `${TCP}.snd_cwnd`,
    ssthresh: SLOW_START,
    snd_wnd: `${TCP}.snd_wnd`,
    rcv_wnd: `${TCP}.rcv_wnd`,
    srtt: `${TCP}.srtt_us >> 3`,
  },
  "tcp:tcp_retransmit_synack": {
    skaddr: "sock",
    req: "request_sock",
    sport: `${REQUEST}.skc_num`,
    dport: `ntohs(${REQUEST}.skc_dport)`,
    family: `${COMMON}.skc_family`,
    saddr: `address(${REQUEST}.skc_rcv_saddr)`,
    daddr: `address(${REQUEST}.skc_daddr)`,
    saddr_v6: requestAddress("skc_rcv_saddr", "skc_v6_rcv_saddr"),
    daddr_v6: requestAddress("skc_daddr", "skc_v6_daddr"),
  },
  "sock:inet_sock_set_state": {
    ...SOCKET,
    oldstate: "arg1",
    newstate: "arg2",
    protocol: "sock.sk_protocol",
  },
  "sock:sk_data_ready": { skaddr: "sock", family: `${COMMON}.skc_family`, protocol: "sock.sk_protocol" },
  "sock:sock_send_length": MESSAGE,
  "sock:sock_recv_length": MESSAGE,
  "skb:kfree_skb": {
    skbaddr: "sk_buff",
    location: "arg1",
    protocol: "ntohs(sk_buff.protocol)",
    reason: "arg2",
    rx_sk: "arg3",
  },
  "skb:consume_skb": { skbaddr: "sk_buff", location: "arg1" },
  "skb:skb_copy_datagram_iovec": { skbaddr: "sk_buff", len: "arg1" },
  "net:net_dev_queue": DEVICE,
  "net:netif_receive_skb": DEVICE,
  "net:netif_rx": DEVICE,
};
