import type { Part } from "../part.ts";
import { cost } from "./cost.ts";
import { latency } from "./latency.ts";
import { pages } from "./pages.ts";
import { throughput } from "./throughput.ts";

/** In the order in which they run and in which the table shows them. */
const parts: readonly Part[] = [throughput, latency, cost, pages];

/** The parts of these names, in the usual order; all of them for null. @throws for a name that is none */
export function chooseParts(names: readonly string[] | null): Part[] {
  const unknown = names?.find((name) => !parts.some((part) => part.name === name));
  if (unknown !== undefined) {
    throw new Error(`there is no part "${unknown}"; there are ${parts.map(({ name }) => name).join(", ")}.`);
  }
  return parts.filter(({ name }) => names === null || names.includes(name));
}
