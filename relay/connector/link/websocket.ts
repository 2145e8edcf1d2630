/** One outgoing WebSocket, the same on Bun and Node. */
export interface LinkSocket {
  /** It calls `onDrain`; others have to be asked. */
  readonly tellsDrain?: boolean;
  /** Sends `bytes[start, end)` as one binary message; the bytes are copied or sent when it returns. */
  send(bytes: Uint8Array, start: number, end: number): void;
  bufferedBytes(): number;
  close(code: number, reason: string): void;
  /** Drops it without a close handshake. */
  terminate(): void;
}

export interface LinkSocketEvents {
  onOpen(): void;
  /** The view is valid during the call only. */
  onMessage(bytes: Uint8Array): void;
  /** `bufferedBytes` has shrunk. */
  onDrain?(): void;
  /** Told once. `status` is what a relay that refused the upgrade answered, null for any other end. */
  onClose(end: { status: number | null; reason: string }): void;
}

export type DialLink = (url: string, token: string, events: LinkSocketEvents) => LinkSocket;
