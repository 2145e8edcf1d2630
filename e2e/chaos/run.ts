import { setTimeout as delay } from "node:timers/promises";
import { until } from "../fixtures/until.ts";
import { ChaosClients } from "./clients.ts";
import { createRandom } from "./random.ts";
import { type Books, verifyBooks, waitUntilHandedOver } from "./verify.ts";
import { type ChaosWorld, startChaosWorld, VICTIMS, type Victim } from "./world.ts";

export interface ChaosOptions {
  /** An empty folder. */
  readonly dir: string;
  readonly rounds: number;
  /** The same seed kills the same at the same moments, as far as machines repeat themselves. */
  readonly seed: number;
  readonly clients?: number;
  onRound?(round: number, victim: Victim, completed: number): void;
}

export interface ChaosReport extends Books {
  /** Rounds by victim. */
  readonly kills: Readonly<Record<Victim, number>>;
  /** Requests that clients did not get a whole answer to. */
  readonly broken: number;
  readonly served: number;
}

/** The books are looked at after so many rounds, so that a long run fails early. */
const VERIFY_EVERY = 25;

/**
 * Kills relay, connector, the relay's sessions and Postgres in random order at random moments under load, and looks
 * whether every request that was answered was counted once.
 * @throws when the product does not come back after a kill
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const random = createRandom(options.seed);
  const world = await startChaosWorld(options.dir);
  const kills = { relay: 0, connector: 0, writer: 0, postgres: 0 };
  const seen = { broken: 0, served: 0 };
  const completed: ChaosClients["completed"] = [];
  try {
    let books: Books | null = null;
    for (let round = 0; round < options.rounds; ) {
      const clients = new ChaosClients(world.target, options.clients ?? 12);
      try {
        do {
          // Each once in turn first, then as chance will have it.
          const victim = round < VICTIMS.length ? VICTIMS[round]! : random.pick(VICTIMS);
          await delay(random.between(50, 700));
          await world.kill(victim, random.between(0, 400));
          kills[victim]++;
          await untilServed(world, clients);
          round++;
          options.onRound?.(round, victim, completed.length + clients.completed.length);
        } while (round < options.rounds && round % VERIFY_EVERY !== 0);
      } finally {
        await clients.stop();
      }
      completed.push(...clients.completed);
      seen.broken += clients.broken;
      seen.served += clients.served;
      await waitUntilHandedOver(world);
      books = await verifyBooks(world.db, completed);
      if (books.faults.length > 0) break;
    }
    return { ...books!, ...seen, kills };
  } finally {
    await world.stop();
  }
}

/** Some more requests pass through all of it. */
async function untilServed(world: ChaosWorld, clients: ChaosClients): Promise<void> {
  const before = clients.served;
  const ended = new AbortController();
  await until(
    () => {
      try {
        world.check();
      } catch (error) {
        ended.abort(error);
      }
      if (clients.served < before + 10) throw new Error("nothing is served after the kill");
    },
    60_000,
    20,
    ended.signal,
  );
}
