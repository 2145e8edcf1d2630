/** Every bound of the link protocol, with its unit and its reason. README.md repeats those a peer must know. */

/** The one version spoken; HELLO lists what a connector knows. */
export const PROTOCOL_VERSION = 1;
/** `Sec-WebSocket-Protocol` of a link. */
export const SUBPROTOCOL = "hotspot.v1";

/** Bytes before every payload: u24 length, u8 type, u32 stream. */
export const FRAME_HEADER_BYTES = 8;
/** Payload of one frame. 64 KiB measured fastest; a longer one would let one stream hold the link for too long. */
export const MAX_PAYLOAD_BYTES = 65_536;
/** One WebSocket message (frames with their headers). Our own batches stay near BATCH_BYTES; 1 MiB leaves room for other writers. */
export const MAX_MESSAGE_BYTES = 1_048_576;
/** HELLO and WELCOME, JSON. */
export const MAX_HELLO_BYTES = 4_096;
/** TCP tunnels one link may serve: their names must fit a HELLO. */
export const MAX_TCP_NAMES = 64;
/** Name of a TCP tunnel, characters: a port number, or a word like a host label. */
export const MAX_TCP_NAME_LENGTH = 32;
/** UTF-8 reason of RESET and GOAWAY: a sentence. */
export const MAX_REASON_BYTES = 256;
/** Head inside OPEN or HEAD; two bytes of an OPEN payload are kind and framing. */
export const MAX_HEAD_BYTES = MAX_PAYLOAD_BYTES - 2;
/** Heads per stream: the final one and informational ones (100, 103) before it. */
export const MAX_HEADS_PER_STREAM = 16;

/** Credit of each direction of a stream at its start: one round trip at 20 Mbit/s and 100 ms. */
export const WINDOW_BYTES = 262_144;
/** What a window may grow to: 2.6 Gbit/s over a round trip of 50 ms. */
export const MAX_WINDOW_BYTES = 16_777_216;
/** What the windows of one link may have beyond their first size, all streams together. */
export const LINK_WINDOW_BYTES = 33_554_432;
/** The same for all links of a process: with the first windows this bounds what readers that stall can cost. */
export const PROCESS_WINDOW_BYTES = 134_217_728;
/** The shortest round trip is that of the last two such spans, ms. */
export const ROUND_TRIP_SPAN_MS = 300_000;
/** PINGs in the first seconds of a link, until this many round trips are known. */
export const FIRST_ROUND_TRIPS = 3;
/** Credit a stream may ever hold, RFC 9113 section 6.9.1 has the same bound. */
export const MAX_CREDIT = 0x7fff_ffff;
/** Streams open at once on one link: 4,096 idle event streams cost about 10 MB per process. */
export const MAX_STREAMS = 4_096;
/** Links of one connector: more would only cost memory. */
export const MAX_LINKS = 16;
/** Stream ids are u32; the relay asks the connector for a new link before they run out. */
export const MAX_STREAM_ID = 0xffff_fffe;

/**
 * Payload of the DATA frames we send. With its headers, or those of HTTP, a piece is one segment of TCP: it fits 45 packets
 * of an Ethernet with timestamps (65,160 bytes) and the one packet of a loopback (65,483). Of 64 KiB the last few bytes were a
 * segment of their own, which cost both ends as much as the rest's way through the kernel.
 */
export const DATA_BYTES = 65_024;
/** Headers and payload one outgoing message is filled up to: one such frame. */
export const BATCH_BYTES = FRAME_HEADER_BYTES + DATA_BYTES;
/** Scratch in front of a batch, so that a transport can put its own header there: 14 is the largest of RFC 6455. */
export const BATCH_HEADROOM = 16;
/** What one stream may write per turn while others wait: two turns and their headers fill a message. */
export const QUANTUM_BYTES = BATCH_BYTES / 2 - FRAME_HEADER_BYTES;
/** Messages sent in one tick before the event loop gets its turn. */
export const MESSAGES_PER_TICK = 8;
/** DATA is pulled only while the transport holds no more than this: it bounds the delay of a head behind bulk. */
export const HIGH_WATER_BYTES = 262_144;
/** With this much unsent the link takes no new stream. */
export const MAX_BACKLOG_BYTES = 1_048_576;
/** With this much unsent the peer has stopped reading while we answer it (pings, resets): the link ends. */
export const MAX_UNSENT_BYTES = 16_777_216;

/** A side that hears nothing for this long sends a PING, ms; the answer is something heard. */
export const PING_INTERVAL_MS = 4_000;
/** A PING at least so often, ms, however much is heard: the round trip changes. */
export const MEASURE_INTERVAL_MS = 30_000;
/** A side that hears nothing for this long ends the link, ms: two PINGs lost. Connectors that are stopped for 5 s survive. */
export const IDLE_TIMEOUT_MS = 10_000;
/** How often the owner of a session looks whether its peer is alive, ms. */
export const CHECK_INTERVAL_MS = 1_000;
/** A look that is later than this was held up, ms: the silence may be ours, and what the peer said may wait to be read. */
export const STARVED_MS = 1_000;
/** A PING without an answer for so long, ms: requests go elsewhere if there is another link. */
export const SUSPECT_MS = 2_000;
/** PINGs accepted from a peer in PING_WINDOW_MS; more is a flood. */
export const MAX_PINGS = 100;
export const PING_WINDOW_MS = 10_000;
/** Payload a peer may still send on a stream that is over here, on top of its credit: heads, trailers, WINDOWs. */
export const STRAY_BYTES_PER_STREAM = 2 * MAX_PAYLOAD_BYTES;
/** The same for all streams of a link: no more of them can have been open at once. */
export const MAX_STRAY_BYTES = MAX_STREAMS * (WINDOW_BYTES + STRAY_BYTES_PER_STREAM);
