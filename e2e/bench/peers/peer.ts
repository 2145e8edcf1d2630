import type { Bench } from "../part.ts";

/** Another tunnel, running, in front of the same upstream. */
export interface RunningPeer {
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Both its ends. */
  readonly processes: readonly { readonly name: string; readonly pid: number }[];
}

export interface Peer {
  readonly name: string;
  /** How the load goes through it. */
  readonly kind: "HTTP" | "TCP";
  /** @throws Absent when it is not on this machine */
  start(bench: Bench, upstreamPort: number): Promise<RunningPeer>;
}
