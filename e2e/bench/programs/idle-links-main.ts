import { readFileSync } from "node:fs";
import { FrameReader, FrameType, writeFrameHeader } from "../../../relay/protocol/frames.ts";
import { encodeHello } from "../../../relay/protocol/hello.ts";
import { FRAME_HEADER_BYTES, SUBPROTOCOL } from "../../../relay/protocol/limits.ts";

// Connectors that do nothing: each opens its link, says HELLO, waits for WELCOME, and answers PINGs from then on.
// Takes {"port", "tokensFile"}, a token a line; says how many are up once all are, or one failed, and stays.

/** Dialled at once: the relay asks its database about each. */
const DIALLING = 40;

const plan = JSON.parse(process.argv[2]!) as { port: number; tokensFile: string };
const tokens = readFileSync(plan.tokensFile, "utf8").trim().split("\n");
const hello = framed(
  FrameType.hello,
  encodeHello({ versions: [1], agent: "idle/1.0.0", capacity: 0, links: 1, linkIndex: 0 }),
);
let up = 0;
let dialled = 0;
let fault: string | null = null;
try {
  await Promise.all(Array.from({ length: DIALLING }, dialRest));
} catch (error) {
  fault = (error as Error).message;
}
console.log(JSON.stringify({ up, fault }));

async function dialRest(): Promise<void> {
  while (dialled < tokens.length && fault === null) await open(tokens[dialled++]!);
}

function open(token: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const options = { headers: { authorization: `Bearer ${token}` }, protocols: [SUBPROTOCOL] };
  // The DOM's types win over Bun's: they do not know headers.
  const socket = new WebSocket(`ws://127.0.0.1:${plan.port}/ws/connect`, options as unknown as string[]);
  socket.binaryType = "arraybuffer";
  const frames = new FrameReader();
  let welcomed = false;
  socket.onopen = () => socket.send(hello);
  socket.onmessage = ({ data }) => {
    const message = new Uint8Array(data as ArrayBuffer);
    frames.reset(message);
    while (frames.next()) {
      if (frames.type === FrameType.ping) {
        socket.send(framed(FrameType.pong, message.subarray(frames.start, frames.stop)));
      } else if (frames.type === FrameType.welcome) {
        welcomed = true;
        up++;
        resolve();
      } else if (frames.type === FrameType.goaway) {
        reject(
          new Error(`GOAWAY: ${new TextDecoder().decode(message.subarray(frames.start + 4, frames.stop))}`),
        );
      }
    }
    frames.release();
  };
  socket.onclose = ({ code, reason }) => {
    if (welcomed) up--;
    reject(new Error(`a link was closed: ${code} ${reason}`));
  };
  socket.onerror = () => reject(new Error("a link could not be opened"));
  return promise;
}

function framed(type: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(FRAME_HEADER_BYTES + payload.length);
  writeFrameHeader(frame, 0, payload.length, type, 0);
  frame.set(payload, FRAME_HEADER_BYTES);
  return frame;
}
