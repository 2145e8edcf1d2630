import { measureFirstRequest } from "./first-request.ts";
import type { Section } from "./section.ts";

/** From a fresh clone to the first answer through the tunnel. */
export async function benchFirstRequest(dir: string): Promise<Section> {
  const time = await measureFirstRequest(dir);
  return {
    name: "firstRequest",
    text: `clone to first tunnelled request: ${time.coldSeconds.toFixed(1)} s cold, ${time.warmSeconds.toFixed(1)} s warm`,
    figures: time,
    verdicts: [
      { label: "with an empty cache, s", value: time.coldSeconds, bar: "< 120", met: time.coldSeconds < 120 },
      { label: "with a warm cache, s", value: time.warmSeconds, bar: "< 30", met: time.warmSeconds < 30 },
    ],
  };
}
