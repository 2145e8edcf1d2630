import { setTimeout as delay } from "node:timers/promises";

/** Gives the number of log rows once it has reached `wanted`, or once it has stopped growing for 5 s. */
export async function waitUntilLogged(count: () => Promise<number>, wanted: number): Promise<number> {
  let last = -1;
  for (let still = 0; still < 10; await delay(500)) {
    const now = await count();
    if (now >= wanted) return now;
    still = now === last ? still + 1 : 0;
    last = now;
  }
  return last;
}
