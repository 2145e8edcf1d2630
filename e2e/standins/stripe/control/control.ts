import { Faults, type FaultsInput } from "../core/faults.ts";
import { Settings, type SettingsInput } from "../settings.ts";
import type { Deliveries } from "../webhooks/deliver.ts";
import type { World } from "../world.ts";

/** What a test can do to the account from outside; the same by HTTP below `/_control`. */
export interface Control {
  /** Sets what goes wrong from now on; what is left out goes well again. */
  setFaults(faults: FaultsInput): void;
  /** Changes some of the account's settings. */
  setSettings(settings: SettingsInput): void;
  /** Unix seconds. */
  now(): number;
  /** Moves the time there, unix seconds; what falls due on the way happens on the way, in order. */
  advance(to: number): Promise<void>;
  /** Everything the account holds, our own fields included. */
  state(): Record<string, unknown>;
  /** Waits until all webhooks are delivered or given up. */
  settled(): Promise<void>;
  /** Sends an event again, a lost one too. */
  resend(eventId: string): void;
  /** Empties the account; webhook endpoints stay. */
  reset(): void;
}

export function createControl(world: World, deliveries: Deliveries): Control {
  return {
    setFaults(faults) {
      world.faults = Faults.parse(faults);
    },
    setSettings(settings) {
      Object.assign(world.settings, Settings.parse({ ...world.settings, ...settings }));
    },
    now: () => world.clock.now(),
    async advance(to) {
      world.clock.freezeAt(to);
      world.onChange();
    },
    state: () => world.state.toJSON(),
    settled: () => deliveries.settled(),
    resend: (eventId) => deliveries.resend(eventId),
    reset() {
      const endpoints = [...world.state.webhookEndpoints.values()];
      world.state.clear();
      world.keys.clear();
      for (const endpoint of endpoints) world.state.webhookEndpoints.add(endpoint);
      world.onChange();
    },
  };
}
