import { closeCodeOf, GoawayCode, LINK_LOST, ProtocolError, ResetCode } from "./codes.ts";
import { borrowWriter, type FairWriter, giveBackWriter, type WriterOwner } from "./fair-writer.ts";
import { END, FrameReader, FrameType, readU32, writeU32 } from "./frames.ts";
import * as limits from "./limits.ts";
import { put } from "./put.ts";
import { WindowBudget } from "./receive-window.ts";
import { RoundTrips } from "./round-trips.ts";
import type { SessionEvents, SessionOptions, SessionTransport } from "./session-options.ts";
import { SessionStream } from "./session-stream.ts";
import type { BodyFraming, Stream, StreamEvents, StreamKind } from "./stream.ts";

export type { SessionEvents, SessionOptions, SessionTransport } from "./session-options.ts";

/**
 * Many streams over one carrier of messages, with credit per stream and a fair writer. The relay opens streams, the
 * connector accepts them; everything else is the same at both ends. It has no timers: the owner calls `checkAlive`.
 */
export class Session implements WriterOwner {
  readonly role: "relay" | "connector";
  readonly windowBytes: number;
  /** Connector: the relay wants to know how long upstreams took (feature `timing`). */
  tellsTiming = false;
  /** Smoothed round trip of PING, ms; null before the first. */
  roundTripMs: number | null = null;
  closed = false;
  /** When the peer was heard last, by `now`. */
  heardAt: number;
  readonly now: () => number;
  readonly transport: SessionTransport;
  readonly schedule: (task: () => void) => void;
  /** Only while there is something to write, or a stream: most links of a relay are idle. */
  private lentWriter: FairWriter | null = null;
  private readonly events: SessionEvents;
  private readonly maxStreams: number;
  /** `noStreams` before the first. */
  private streams = noStreams;
  private readonly windowBudget: WindowBudget | null;
  private ownBudget: WindowBudget | null = null;
  private lastStreamId: number;
  private greeted = false;
  private goawaySent = false;
  private goawayReceived = false;
  /** The PING sent behind our GOAWAY, and whether its answer has come. */
  private goawayPing = 0;
  private goawaySeen = false;
  private strayBudget = 0;
  private pingedAt: number;
  private checkedAt: number;
  /** What looks at the peer came too late by since it was last heard, ms. */
  private lateMs = 0;
  /** When the first PING was sent that nothing has been heard since. */
  private askedAt: number;
  private readonly roundTrips: RoundTrips;
  private pingNumber = 0;
  private pingWindowAt = 0;
  private pingsSeen = 0;

  constructor(options: SessionOptions) {
    this.role = options.role;
    this.transport = options.transport;
    this.schedule = options.schedule;
    this.now = options.now;
    this.events = options.events;
    this.windowBytes = options.windowBytes ?? limits.WINDOW_BYTES;
    this.maxStreams = options.maxStreams ?? limits.MAX_STREAMS;
    this.lastStreamId = (options.firstStreamId ?? 1) - 1;
    this.windowBudget = options.windowBudget ?? null;
    this.heardAt = this.now();
    this.pingedAt = this.heardAt;
    this.checkedAt = this.heardAt;
    this.askedAt = this.heardAt;
    this.roundTrips = new RoundTrips(this.heardAt);
  }

  /** What the windows of this link may grow by. */
  get budget(): WindowBudget {
    this.ownBudget ??= new WindowBudget(limits.LINK_WINDOW_BYTES, this.windowBudget);
    return this.ownBudget;
  }

  private get writer(): FairWriter {
    this.lentWriter ??= borrowWriter(this);
    return this.lentWriter;
  }

  /** Shortest round trip of the last minutes, ms: that of a path without a queue. Null before there were a few. */
  get baseRoundTripMs(): number | null {
    return this.roundTrips.shortestMs;
  }

  /** Streams open now. */
  get outstanding(): number {
    return this.streams.size;
  }

  /** Relay: whether `open` may succeed. Connector: whether this link is there to stay. */
  get accepting(): boolean {
    if (!this.greeted || this.closed || this.goawayReceived) return false;
    return this.role === "relay" || !this.goawaySent;
  }

  /** A GOAWAY went out or came in. */
  get draining(): boolean {
    return this.goawaySent || this.goawayReceived;
  }

  /**
   * After a GOAWAY: no stream is open, and none is on its way (the relay has answered the PING behind a connector's
   * GOAWAY, so it has seen it). The side that sent GOAWAY closes then.
   */
  get finished(): boolean {
    if (this.closed) return true;
    if (!this.draining || this.streams.size > 0) return false;
    return this.role === "relay" || !this.goawaySent || this.goawaySeen;
  }

  /** Connector: sends HELLO, the first frame of a link. */
  hello(payload: Uint8Array): void {
    this.sendFrame(FrameType.hello, false, 0, payload);
  }

  /** Relay: answers HELLO; streams may be opened from here on. */
  welcome(payload: Uint8Array): void {
    this.greeted = true;
    this.sendFrame(FrameType.welcome, false, 0, payload);
  }

  /**
   * Relay: opens a stream; the first `length` bytes of `head` are copied. Null when the link cannot take it (then nothing was sent).
   * @throws RangeError when the head is longer than MAX_HEAD_BYTES
   */
  open(
    kind: StreamKind,
    framing: BodyFraming,
    head: Uint8Array,
    end: boolean,
    events: StreamEvents,
    length = head.length,
  ): Stream | null {
    if (length > limits.MAX_HEAD_BYTES) throw new RangeError(`head of ${length} bytes`);
    if (!this.accepting || this.streams.size >= this.maxStreams) return null;
    if (this.congested && this.transport.bufferedBytes() > limits.MAX_BACKLOG_BYTES) return null;
    if (this.lastStreamId >= limits.MAX_STREAM_ID) {
      this.goaway(GoawayCode.drain, "stream ids used up");
      return null;
    }
    const id = ++this.lastStreamId;
    const stream = new SessionStream(this, id, kind, this.windowBytes);
    stream.events = events;
    stream.localEnded = end;
    this.keepStream(stream);
    const { writer } = this;
    const at = writer.begin(end ? FrameType.open | END : FrameType.open, id, length + 2);
    const { bytes } = writer;
    bytes[at] = kind;
    bytes[at + 1] = framing;
    put(bytes, at + 2, head, 0, length);
    return stream;
  }

  /** Takes one message of the peer. Never throws: a broken protocol ends the session with a GOAWAY. */
  receive(message: Uint8Array): void {
    if (this.closed) return;
    this.heardAt = this.now();
    const reader = spareReader ?? new FrameReader();
    spareReader = null;
    try {
      if (message.length > limits.MAX_MESSAGE_BYTES) {
        throw new ProtocolError(GoawayCode.frameTooLarge, `message of ${message.length} bytes`);
      }
      reader.reset(message);
      while (!this.closed && reader.next()) this.receiveFrame(message, reader);
    } catch (error) {
      // Handlers throw only by a fault of ours: end this link, not the process.
      if (error instanceof ProtocolError) this.close(error.code, error.message);
      else this.onFault(error);
    } finally {
      reader.release();
      spareReader = reader;
    }
  }

  /** The transport's buffer has shrunk, perhaps to nothing. */
  drained(): void {
    this.lentWriter?.drained();
  }

  /**
   * Announces the end of this link; running streams finish and the owner closes when `finished`. A connector's GOAWAY
   * stops the relay from opening streams. A relay that sends one goes on opening streams for requests that have
   * reached it, until it closes. Idempotent.
   */
  goaway(code: GoawayCode, reason: string): void {
    if (this.closed || this.goawaySent) return;
    this.goawaySent = true;
    this.sendCoded(FrameType.goaway, 0, code, reason);
    this.ping();
    this.goawayPing = this.pingNumber;
  }

  /** Ends the link now: GOAWAY, WebSocket close, LINK_LOST for every stream. Idempotent. */
  close(code: GoawayCode, reason: string): void {
    if (this.closed) return;
    this.goaway(code, reason);
    this.lentWriter?.send();
    if (this.closed) return;
    this.finish(code, reason);
    this.transport.close(closeCodeOf(code), reason.slice(0, 100));
  }

  /** The transport is gone. Idempotent. */
  lost(reason: string): void {
    this.finish(GoawayCode.internal, reason);
  }

  /** Connector: tells the relay whether the upstream can serve. Only when WELCOME lists the feature `state`. */
  setState(accepting: boolean, reason: string): void {
    if (this.closed) return;
    const text = encoder.encode(reason).subarray(0, limits.MAX_REASON_BYTES);
    const at = this.writer.begin(FrameType.state, 0, 1 + text.length);
    this.writer.bytes[at] = accepting ? 1 : 0;
    this.writer.bytes.set(text, at + 1);
  }

  /** Sends a PING, and what is gathered before it, now; `onPong` tells the round trip. */
  ping(): void {
    if (this.closed) return;
    this.pingedAt = this.now();
    if (this.heardAt >= this.askedAt) this.askedAt = this.pingedAt;
    const at = this.writer.begin(FrameType.ping, 0, 8);
    writeU32(this.writer.bytes, at, 0);
    writeU32(this.writer.bytes, at + 4, ++this.pingNumber);
    // Thousands of links PING in one turn: at its end, each would still hold a batch buffer of its own.
    this.writer.send();
  }

  /**
   * Call every CHECK_INTERVAL_MS: PINGs when it is time, ends a link that has been silent for too long. A call that comes
   * late says that this process got no time: what it was late by is no silence of the peer, once over `idleTimeoutMs` at most.
   */
  checkAlive(
    pingIntervalMs: number = limits.PING_INTERVAL_MS,
    idleTimeoutMs: number = limits.IDLE_TIMEOUT_MS,
  ): void {
    if (this.closed) return;
    const now = this.now();
    const isLate = this.noteLateness(now);
    const silentMs = now - this.heardAt - Math.min(this.lateMs, idleTimeoutMs);
    if (silentMs >= idleTimeoutMs) {
      this.close(GoawayCode.idle, "nothing heard for too long");
    } else if (isLate || now - Math.max(this.heardAt, this.pingedAt) >= pingIntervalMs) {
      this.ping();
    } else if (now - this.pingedAt >= this.measureIntervalMs) {
      this.ping();
    }
  }

  /** @returns whether the peer has to be asked anew before its silence says anything */
  private noteLateness(now: number): boolean {
    const late = now - this.checkedAt - limits.CHECK_INTERVAL_MS;
    if (this.heardAt >= this.checkedAt) this.lateMs = 0;
    this.checkedAt = now;
    if (late < limits.STARVED_MS || now - this.heardAt < late) return false;
    this.lateMs += late;
    if (this.heardAt < this.askedAt) this.askedAt = now;
    return true;
  }

  private get measureIntervalMs(): number {
    const isNew = this.greeted && this.roundTrips.count < limits.FIRST_ROUND_TRIPS;
    return isNew && this.heardAt >= this.askedAt ? 1_000 : limits.MEASURE_INTERVAL_MS;
  }

  /** How long a PING has waited with nothing heard since, ms; 0 when none waits. */
  silentFor(): number {
    return this.heardAt >= this.askedAt ? 0 : this.now() - this.askedAt;
  }

  /** The transport holds more than it should: what is opened now waits behind it. */
  get congested(): boolean {
    return this.lentWriter?.blocked ?? false;
  }

  // What the writer calls.

  onQuiet(): void {
    if (this.streams.size > 0 || this.lentWriter === null) return;
    giveBackWriter(this.lentWriter);
    this.lentWriter = null;
  }

  onBlocked(): void {
    this.events.onBlocked?.();
  }

  onOverflow(): void {
    const reason = "the peer does not read";
    this.finish(GoawayCode.internal, reason);
    this.transport.close(closeCodeOf(GoawayCode.internal), reason);
  }

  onFault(error: unknown): void {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.goaway(GoawayCode.internal, "internal fault");
    this.lentWriter?.send();
    this.finish(GoawayCode.internal, reason);
    this.transport.close(closeCodeOf(GoawayCode.internal), "internal fault");
  }

  // What streams call.

  /** Appends a frame that is not flow-controlled. */
  sendFrame(
    type: number,
    end: boolean,
    streamId: number,
    bytes: Uint8Array,
    from = 0,
    to = bytes.length,
  ): void {
    if (this.closed) return;
    const { writer } = this;
    const at = writer.begin(end ? type | END : type, streamId, to - from);
    put(writer.bytes, at, bytes, from, to);
  }

  sendU32(type: number, streamId: number, value: number): void {
    if (this.closed) return;
    const at = this.writer.begin(type, streamId, 4);
    writeU32(this.writer.bytes, at, value);
  }

  sendEnd(streamId: number): void {
    if (this.closed || this.writer.endTail(streamId)) return;
    this.writer.begin(FrameType.data | END, streamId, 0);
  }

  sendReset(stream: SessionStream, code: number, reason: string): void {
    if (this.closed) return;
    this.sendCoded(FrameType.reset, stream.id, code, reason);
  }

  /** DATA, up to `allowed` bytes from `from` on; how many were taken. */
  appendData(streamId: number, bytes: Uint8Array, from: number, allowed: number, spare: number): number {
    return this.closed ? allowed : this.writer.appendData(streamId, bytes, from, allowed, spare);
  }

  /** Asks for a turn to write. */
  enqueue(stream: SessionStream): void {
    if (!this.closed) this.writer.enqueue(stream);
  }

  cancelsUnfinishedRequests(kind: StreamKind): boolean {
    return this.role === "relay" && kind === 0;
  }

  /** The stream is over here. Frames for it may still be on their way: credit, or what crossed a RESET. */
  forget(stream: SessionStream): void {
    this.streams.delete(stream.id);
    this.strayBudget += limits.STRAY_BYTES_PER_STREAM;
    if (!stream.remoteEnded) this.strayBudget += stream.window.credit;
    if (this.strayBudget > limits.MAX_STRAY_BYTES) this.strayBudget = limits.MAX_STRAY_BYTES;
    stream.window.close(this.budget);
  }

  private receiveFrame(message: Uint8Array, frame: FrameReader): void {
    const { type, streamId, start, stop } = frame;
    if (streamId === 0) {
      this.receiveLinkFrame(type, message.subarray(start, stop));
      return;
    }
    if (!this.greeted) throw new ProtocolError(GoawayCode.protocolError, "stream frame before the greeting");
    if (type === FrameType.open) {
      this.receiveOpen(message, frame);
      return;
    }
    const stream = this.streams.get(streamId);
    if (stream === undefined) {
      this.receiveStray(streamId, type, stop - start);
      return;
    }
    switch (type) {
      case FrameType.head:
        this.checkHead(stream);
        if (!stream.receiveHead(message.subarray(start, stop), frame.end)) {
          throw new ProtocolError(GoawayCode.protocolError, "too many heads on a stream");
        }
        return;
      case FrameType.data:
        this.checkBody(stream);
        if (start === stop && !frame.end) throw new ProtocolError(GoawayCode.protocolError, "empty DATA");
        if (!stream.receiveData(message.subarray(start, stop), frame.end)) {
          stream.reset(ResetCode.flowControl, "more DATA than credit");
          stream.receiveReset(ResetCode.flowControl, "more DATA than credit");
        }
        return;
      case FrameType.trailers:
        this.checkBody(stream);
        stream.receiveTrailers(message.subarray(start, stop));
        return;
      case FrameType.timing:
        // Interim heads may have come before it.
        if (this.role !== "relay" || !stream.receiveTiming(readU32(message, start))) {
          throw unexpected("TIMING");
        }
        return;
      case FrameType.window:
        this.receiveWindow(stream, readU32(message, start));
        return;
      default:
        stream.receiveReset(readU32(message, start), readReason(message, start + 4, stop));
    }
  }

  private receiveLinkFrame(type: number, payload: Uint8Array): void {
    switch (type) {
      case FrameType.hello:
        if (this.role !== "relay" || this.greeted) throw unexpected("HELLO");
        this.events.onHello?.(payload);
        return;
      case FrameType.welcome:
        if (this.role !== "connector" || this.greeted) throw unexpected("WELCOME");
        this.greeted = true;
        this.events.onWelcome?.(payload);
        return;
      case FrameType.ping:
        this.countControl();
        this.sendFrame(FrameType.pong, false, 0, payload);
        this.writer.send();
        return;
      case FrameType.pong: {
        const number = readU32(payload, 4);
        if (this.goawaySent && number >= this.goawayPing) this.goawaySeen = true;
        if (number !== this.pingNumber) return;
        const roundTripMs = this.heardAt - this.pingedAt;
        this.roundTrips.add(roundTripMs, this.heardAt);
        const before = this.roundTripMs;
        this.roundTripMs = before === null ? roundTripMs : before + (roundTripMs - before) / 4;
        this.events.onPong?.(roundTripMs);
        return;
      }
      case FrameType.state:
        if (this.role !== "relay" || !this.greeted || payload[0]! > 1) throw unexpected("STATE");
        this.countControl();
        this.events.onState?.(payload[0] === 1, readReason(payload, 1, payload.length));
        return;
      default:
        this.goawayReceived = true;
        this.events.onGoaway?.(readU32(payload, 0), readReason(payload, 4, payload.length));
    }
  }

  private receiveOpen(message: Uint8Array, frame: FrameReader): void {
    const { streamId, start, stop, end } = frame;
    if (this.role !== "connector" || streamId !== this.lastStreamId + 1) throw unexpected("OPEN");
    const kind = message[start]!;
    const framing = message[start + 1]!;
    if (kind > 2 || framing > 2)
      throw new ProtocolError(GoawayCode.protocolError, "OPEN: unknown kind or framing");
    this.lastStreamId = streamId;
    const stream = new SessionStream(this, streamId, kind as StreamKind, this.windowBytes);
    stream.remoteEnded = end;
    stream.openedAt = this.heardAt;
    if (this.streams.size >= this.maxStreams) {
      stream.reset(ResetCode.refused, "too many streams");
      return;
    }
    this.keepStream(stream);
    const head = message.subarray(start + 2, stop);
    const events =
      this.events.onOpen?.(stream, kind as StreamKind, framing as BodyFraming, head, end) ?? null;
    if (events === null) stream.reset(ResetCode.refused, "not taken");
    else if (this.closed) events.onReset(LINK_LOST, "link lost");
    else stream.events = events;
  }

  private keepStream(stream: SessionStream): void {
    if (this.streams === noStreams) this.streams = new Map();
    this.streams.set(stream.id, stream);
  }

  /** A frame for a stream that is over: it was on its way, or the peer is broken. */
  private receiveStray(streamId: number, type: number, length: number): void {
    if (streamId > this.lastStreamId) {
      throw new ProtocolError(GoawayCode.protocolError, `frame type ${type} on a stream that never was`);
    }
    if (type === FrameType.reset) return;
    this.strayBudget -= Math.max(length, 1);
    if (this.strayBudget < 0) {
      throw new ProtocolError(GoawayCode.protocolError, "goes on sending on closed streams");
    }
  }

  private checkHead(stream: SessionStream): void {
    if (this.role !== "relay" || stream.remoteEnded || stream.kind === 2) throw unexpected("HEAD");
  }

  private checkBody(stream: SessionStream): void {
    if (stream.remoteEnded) throw unexpected("frame after END");
    // Only a TCP stream has bytes without a head before them.
    if (this.role === "relay" && stream.kind !== 2 && !stream.sawHead) throw unexpected("DATA before HEAD");
  }

  private receiveWindow(stream: SessionStream, increment: number): void {
    if (increment === 0) throw new ProtocolError(GoawayCode.flowControl, "WINDOW of 0");
    const credit = stream.sendCredit + increment;
    if (credit > limits.MAX_CREDIT) throw new ProtocolError(GoawayCode.flowControl, "credit too large");
    stream.sendCredit = credit;
    if (!stream.starved) return;
    stream.starved = false;
    this.enqueue(stream);
  }

  private countControl(): void {
    if (this.heardAt - this.pingWindowAt > limits.PING_WINDOW_MS) {
      this.pingWindowAt = this.heardAt;
      this.pingsSeen = 0;
    }
    if (++this.pingsSeen > limits.MAX_PINGS)
      throw new ProtocolError(GoawayCode.protocolError, "too many PINGs or STATEs");
  }

  private sendCoded(type: number, streamId: number, code: number, reason: string): void {
    const text = encoder.encode(reason).subarray(0, limits.MAX_REASON_BYTES);
    const at = this.writer.begin(type, streamId, 4 + text.length);
    writeU32(this.writer.bytes, at, code);
    this.writer.bytes.set(text, at + 4);
  }

  private finish(code: GoawayCode, reason: string): void {
    if (this.closed) return;
    this.closed = true;
    this.lentWriter?.close();
    const open = [...this.streams.values()];
    this.streams.clear();
    for (const stream of open) {
      stream.window.close(this.budget);
      stream.lost(reason);
    }
    this.events.onClose?.(code, reason);
  }
}

/** Of all sessions that never had a stream; stays empty. */
const noStreams = new Map<number, SessionStream>();

/** Shared by all sessions while none is in `receive`; one inside another's makes its own. */
let spareReader: FrameReader | null = null;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

function readReason(bytes: Uint8Array, start: number, stop: number): string {
  return start === stop ? "" : decoder.decode(bytes.subarray(start, stop));
}

function unexpected(what: string): ProtocolError {
  return new ProtocolError(GoawayCode.protocolError, `unexpected ${what}`);
}
