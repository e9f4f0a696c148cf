import type { FieldExpressions } from "./field-expressions.ts";

const COMMON = "sock.__sk_common";
const V4_SOURCE = 'address(cast(sock, "inet_sock").inet_saddr)';
const V4_PEER = `address(${COMMON}.skc_daddr)`;

/** Fields of a `sock` that is an inet_sock (TP_STORE_ADDRS). */
const SOCKET: FieldExpressions = {
  skaddr: "sock",
  family: `${COMMON}.skc_family`,
  sport: 'ntohs(cast(sock, "inet_sock").inet_sport)',
  dport: `ntohs(${COMMON}.skc_dport)`,
  saddr: V4_SOURCE,
  daddr: V4_PEER,
  saddr_v6: `${COMMON}.skc_family == AF_INET6 ? address(${COMMON}.skc_v6_rcv_saddr) : ${V4_SOURCE}`,
  daddr_v6: `${COMMON}.skc_family == AF_INET6 ? address(${COMMON}.skc_v6_daddr) : ${V4_PEER}`,
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

const DEVICE: FieldExpressions = { skbaddr: "sk_buff", len: "sk_buff.len", name: "str(sk_buff.dev.name)" };

/** Records of tcp.h, sock.h, skb.h and net.h. */
export const NETWORK_RECORDS: Readonly<Record<string, FieldExpressions>> = {
  "tcp:tcp_retransmit_skb": { ...SOCKET, skbaddr: "sk_buff", state: STATE, err: "arg2" },
  // without a socket its state is 0, and the addresses are those of the packet
  "tcp:tcp_send_reset": { skaddr: "sock", skbaddr: "sk_buff" },
  "tcp:tcp_receive_reset": SOCKET,
  "tcp:tcp_destroy_sock": SOCKET,
  "tcp:tcp_rcv_space_adjust": SOCKET,
  "tcp:tcp_probe": {
    skaddr: "sock",
    skbaddr: "sk_buff",
    family: `${COMMON}.skc_family`,
    sport: 'ntohs(cast(sock, "inet_sock").inet_sport)',
    dport: `ntohs(${COMMON}.skc_dport)`,
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
