import type { ConnectionMemo } from "./admission.ts";
import type { Peer } from "./forwarding.ts";
import type { Output } from "./output.ts";

/** What an exchange asks of the connection that it runs on. */
export interface ExchangeHost {
  readonly output: Output;
  readonly peer: Peer;
  readonly memo: ConnectionMemo;
  /** The stream is open: hand over body bytes that came meanwhile. */
  onOpened(): void;
  onBlocked(): void;
  onUnblocked(): void;
  /** Sends FIN once everything is written; an upgraded connection goes on in the other direction. */
  endOutput(): void;
  /** Drops the connection, so that the client sees that the response is not whole. */
  cut(): void;
  handOver(path: "/connect" | "/ws/connect"): void;
  /** @param unread body bytes that were left unread and have to be skipped */
  onFinished(keepAlive: boolean, unread: number): void;
}
