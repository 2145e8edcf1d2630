import { performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import { Duplex } from "node:stream";
import { MAX_FIELDS, MAX_HEAD_BYTES } from "../../protocol/http1/index.ts";
import type { RawConnection, RawConnectionEvents } from "../../routes/tunnel.ts";
import { ClientConnection } from "../connection.ts";
import type { EdgeContext } from "../context.ts";
import type { Peer } from "../forwarding.ts";
import { Output, type OutputEvents } from "../output.ts";
import { FrameWatch, type H2Abuse } from "./frame-watch.ts";
import { requestText } from "./request-text.ts";
import { NO_ERROR, StreamConnection } from "./stream-connection.ts";

export const MAX_STREAMS = 100;
/** Frames that wait for a client that is slower than we are; more are not made until it has read. */
const MAX_QUEUED_BYTES = 65_536;
/** What a client may send on one stream before it hears that it was taken. */
const STREAM_WINDOW_BYTES = 524_288;
/**
 * The same of all streams together. The protocol starts with 64 KiB: over 100 ms a second carries 640 KB. Less than two
 * stream windows: Bun 1.4.5 renews the window of a stream when half of this one is used. It renews this one as bytes come,
 * read or not: an upload that stands still holds up no other, and each may have its own window waiting here.
 */
const CONNECTION_WINDOW_BYTES = 983_040;
/** Far more than the windows: beyond it the library refuses answers of streams that it took. */
const SESSION_MEMORY_MIB = 64;
/** Streams beyond the maximum: a client may not have seen our settings yet, but not for a thousand streams. */
const MAX_REFUSED = 1_000;

const abuseCounter = {
  resets: "h2ResetFloods",
  control: "h2ControlFloods",
  headers: "h2HeaderFloods",
  frameSize: "h2Malformed",
} as const;

/**
 * One client connection that speaks HTTP/2. Frames, HPACK and windows are node:http2's; each stream becomes a connection
 * of its own to the edge, with one request.
 */
export class H2Connection implements RawConnectionEvents, OutputEvents {
  private readonly edge: EdgeContext;
  private readonly raw: RawConnection;
  private readonly peer: Peer;
  private readonly release: (connection: H2Connection) => void;
  private readonly duplex: Duplex;
  private readonly session: ServerHttp2Session;
  private readonly output: Output;
  private readonly watch = new FrameWatch();
  private readonly streams = new Set<ClientConnection>();
  private bytesOut = 0;
  private waiting: (() => void) | null = null;
  private paused = false;
  private closed = false;
  private leaving = false;
  private served = 0;
  private lastStreamId = 0;
  private refused = 0;
  /** When the last stream ended, or the connection began. */
  private idleSince: number;
  private headersSince = 0;
  /** When the session ended; 0 before. */
  private endingAt = 0;
  private progress = 0;
  private progressAt: number;

  constructor(
    edge: EdgeContext,
    raw: RawConnection,
    peer: Peer,
    release: (connection: H2Connection) => void,
  ) {
    this.edge = edge;
    this.raw = raw;
    this.peer = peer;
    this.release = release;
    this.idleSince = edge.now();
    this.progressAt = this.idleSince;
    this.output = new Output(raw, edge.h2Scratch, this);
    this.duplex = new Duplex({
      read: () => this.resumeReading(),
      write: (chunk: Uint8Array, _encoding, done) => this.send(chunk, done),
      final: (done) => {
        this.finish();
        done();
      },
      destroy: (error, done) => {
        this.finish();
        done(error);
      },
    });
    this.session = performServerHandshake(this.duplex, {
      maxHeaderListPairs: MAX_FIELDS,
      maxSessionMemory: SESSION_MEMORY_MIB,
      settings: {
        maxConcurrentStreams: MAX_STREAMS,
        maxHeaderListSize: MAX_HEAD_BYTES,
        initialWindowSize: STREAM_WINDOW_BYTES,
        enablePush: false,
      },
    });
    this.session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    this.session.on("stream", (stream, _headers, flags, raw) => this.onStream(stream, flags, raw));
    this.session.on("error", () => {
      edge.stats.h2Malformed++;
      this.finish();
    });
    this.session.on("close", () => this.finish());
    edge.stats.h2Connections++;
  }

  onData(chunk: Uint8Array): void {
    if (this.closed || this.endingAt > 0) return;
    const now = this.edge.now();
    const abuse = this.watch.look(chunk, now, this.bytesOut);
    if (abuse !== null) {
      this.punish(abuse);
      return;
    }
    if (!this.watch.inHeaders) this.headersSince = 0;
    else if (this.headersSince === 0) this.headersSince = now;
    if (!this.duplex.push(chunk)) this.pauseReading();
  }
  onDrain(): void {
    this.output.onDrain();
  }
  onEnd(): void {
    // Nobody shuts down one half of an HTTP/2 connection; running streams finish, new ones cannot come.
    if (this.endingAt > 0 || this.streams.size === 0) this.drop();
    else this.leave();
  }
  onClose(): void {
    this.drop();
  }

  onWritten(): void {}
  onEmpty(): void {
    const { waiting } = this;
    this.waiting = null;
    waiting?.();
    if (this.endingAt > 0 && this.output.isEmpty) this.raw.end();
  }

  private send(chunk: Uint8Array, done: () => void): void {
    this.bytesOut += chunk.length;
    this.output.write(chunk);
    if (this.output.queuedBytes > MAX_QUEUED_BYTES) this.waiting = done;
    else done();
  }

  private onStream(stream: ServerHttp2Stream, flags: number, raw: string[]): void {
    const { edge } = this;
    stream.on("error", () => undefined);
    if (this.closed || this.leaving || this.streams.size >= MAX_STREAMS) {
      // After GOAWAY the client knows that it was not served, and the library refuses more than the maximum by itself.
      stream.destroy(new Error("refused"));
      if (++this.refused > MAX_REFUSED) this.punish("resets");
      return;
    }
    const ended = (flags & 1) !== 0;
    const request = requestText(raw, ended);
    if ("fault" in request) {
      edge.stats.badRequests++;
      stream.respond({ ":status": 400, "hotspot-error": "bad_request" }, { endStream: true });
      stream.resume();
      return;
    }
    edge.stats.h2Streams++;
    this.lastStreamId = stream.id ?? this.lastStreamId;
    this.served++;
    const connection = new StreamConnection(stream, request, ended, this.raw.remoteAddress, (error) =>
      edge.deps.log.error({ err: error }, "an answer could not be sent over HTTP/2"),
    );
    const client = new ClientConnection(edge, connection, this.peer, (gone) => {
      this.streams.delete(gone);
      this.idleSince = edge.coarseNow;
      if (this.leaving && this.streams.size === 0) this.session.close();
    });
    this.streams.add(client);
    connection.events = client;
    client.onData(request.head);
  }

  private punish(abuse: H2Abuse): void {
    this.edge.stats[abuseCounter[abuse]]++;
    this.drop();
  }

  /** GOAWAY: running streams finish, new ones go elsewhere. */
  private leave(): void {
    if (this.leaving || this.closed) return;
    this.leaving = true;
    // The last one that is served: the client may send later ones again elsewhere.
    this.session.goaway(NO_ERROR, this.lastStreamId);
    this.output.flush();
    if (this.streams.size === 0) this.session.close();
  }

  /** The session is over: what it has written last is still sent, and the client closes. */
  private finish(): void {
    if (this.closed || this.endingAt > 0) return;
    this.endingAt = this.edge.now();
    this.resumeReading();
    this.output.flush();
    if (this.output.isEmpty) this.raw.end();
  }

  private drop(): void {
    if (this.closed) return;
    this.closed = true;
    for (const client of [...this.streams]) client.onClose();
    this.streams.clear();
    this.output.flush();
    this.output.close();
    this.waiting = null;
    this.session.destroy();
    this.duplex.destroy();
    this.raw.terminate();
    this.edge.stats.h2Connections--;
    this.release(this);
  }

  private pauseReading(): void {
    if (this.paused) return;
    this.paused = true;
    this.raw.pause();
  }
  private resumeReading(): void {
    if (!this.paused) return;
    this.paused = false;
    this.raw.resume();
  }

  /** Looks at all timers of this connection and its streams; called about once a second. */
  check(now: number): void {
    if (this.closed) return;
    for (const client of [...this.streams]) client.check(now);
    const { timers } = this.edge;
    const { output } = this;
    if (output.queuedBytes === 0 || output.progress !== this.progress) {
      this.progress = output.progress;
      this.progressAt = now;
    }
    const isStalled = now - this.progressAt >= timers.writeStallMs;
    const lingers = this.endingAt > 0 && output.queuedBytes === 0;
    if (lingers && now - this.endingAt >= timers.lingerMs) {
      this.drop();
      return;
    }
    if (isStalled || (this.headersSince > 0 && now - this.headersSince >= timers.headReadMs)) {
      this.drop();
      return;
    }
    if (this.streams.size > 0) return;
    const limit = this.served === 0 ? timers.headReadMs : timers.idleMs;
    if (now - this.idleSince >= limit) this.leave();
    // A client that does not close after GOAWAY.
    if (now - this.idleSince >= limit + timers.lingerMs) this.drop();
  }

  /** For a drain: says GOAWAY at the first look; the connection closes with its last stream. */
  closeIfIdle(now: number): void {
    this.leave();
    if (this.streams.size === 0 && now - this.idleSince >= this.edge.timers.lingerMs) this.drop();
  }

  /** Closes at once, whatever is in progress. */
  stop(): void {
    this.drop();
  }
}
