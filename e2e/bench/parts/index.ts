import type { Part } from "../part.ts";
import { beside } from "./beside.ts";
import { bulk } from "./bulk.ts";
import { cost } from "./cost.ts";
import { distance } from "./distance.ts";
import { events } from "./events.ts";
import { idle } from "./idle.ts";
import { latency } from "./latency.ts";
import { pages } from "./pages.ts";
import { peers } from "./peers.ts";
import { throughput } from "./throughput.ts";
import { tls } from "./tls.ts";
import { tokens } from "./tokens.ts";

/** In the order in which they run and in which the table shows them. */
const parts: readonly Part[] = [
  throughput,
  peers,
  tls,
  latency,
  bulk,
  distance,
  events,
  tokens,
  beside,
  idle,
  cost,
  pages,
];

/** The parts of these names, in the usual order; all of them for null. @throws for a name that is none */
export function chooseParts(names: readonly string[] | null): Part[] {
  const unknown = names?.find((name) => !parts.some((part) => part.name === name));
  if (unknown !== undefined) {
    throw new Error(`there is no part "${unknown}"; there are ${parts.map(({ name }) => name).join(", ")}.`);
  }
  return parts.filter(({ name }) => names === null || names.includes(name));
}
