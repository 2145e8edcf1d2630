import type { Plan } from "../../server/plans.ts";

export type MeterName = keyof Plan["metered"];

/** What pages say of a plan: the shape in which the API lists plans. */
export interface PlanFacts {
  name: "free" | "pro" | "team";
  title: string;
  /** A month and seat, US cents. */
  seatCents: number;
  maxSeats: number;
  /** Days without charge at a tenant's first subscription. */
  trialDays: number;
  /** Included in each billing period, and cents for a million more; null: no more can be used. */
  metered: Record<MeterName, { included: number; perMillionCents: number | null }>;
  limits: {
    endpoints: number;
    devices: number;
    connectors: number;
    tcpPorts: number;
    maxBodyBytes: number;
    maxHeadBytes: number;
    maxTargetBytes: number;
    accessKeys: number;
    customDomains: number;
    requestLogDays: number;
  };
}

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

/**
 * The plans as the landing page shows them, which is read before anybody is signed in. A test holds them against the
 * table that the server enforces and that prices are made from.
 */
export const planFacts: readonly PlanFacts[] = [
  {
    name: "free",
    title: "Free",
    seatCents: 0,
    maxSeats: 1,
    trialDays: 0,
    metered: {
      requests: { included: 250_000, perMillionCents: null },
      megabytes: { included: 20_000, perMillionCents: null },
      tokens: { included: 2_000_000, perMillionCents: null },
      storage: { included: 0, perMillionCents: null },
      storage_writes: { included: 0, perMillionCents: null },
      storage_reads: { included: 0, perMillionCents: null },
    },
    limits: {
      endpoints: 1,
      devices: 3,
      connectors: 2,
      tcpPorts: 2,
      maxBodyBytes: 256 * mebibyte,
      maxHeadBytes: 16 * kibibyte,
      maxTargetBytes: 8 * kibibyte,
      accessKeys: 5,
      customDomains: 0,
      requestLogDays: 7,
    },
  },
  {
    name: "pro",
    title: "Pro",
    seatCents: 1_900,
    maxSeats: 1,
    trialDays: 14,
    metered: {
      requests: { included: 2_000_000, perMillionCents: 40 },
      megabytes: { included: 200_000, perMillionCents: 5_000 },
      tokens: { included: 50_000_000, perMillionCents: 2 },
      storage: { included: 300_000, perMillionCents: 60 },
      storage_writes: { included: 1_000_000, perMillionCents: 500 },
      storage_reads: { included: 10_000_000, perMillionCents: 45 },
    },
    limits: {
      endpoints: 5,
      devices: 10,
      connectors: 8,
      tcpPorts: 20,
      maxBodyBytes: 1024 * mebibyte,
      maxHeadBytes: 32 * kibibyte,
      maxTargetBytes: 16 * kibibyte,
      accessKeys: 50,
      customDomains: 3,
      requestLogDays: 30,
    },
  },
  {
    name: "team",
    title: "Team",
    seatCents: 2_900,
    maxSeats: 50,
    trialDays: 14,
    metered: {
      requests: { included: 10_000_000, perMillionCents: 30 },
      megabytes: { included: 1_000_000, perMillionCents: 4_000 },
      tokens: { included: 250_000_000, perMillionCents: 1 },
      storage: { included: 3_000_000, perMillionCents: 55 },
      storage_writes: { included: 10_000_000, perMillionCents: 450 },
      storage_reads: { included: 100_000_000, perMillionCents: 40 },
    },
    limits: {
      endpoints: 25,
      devices: 50,
      connectors: 16,
      tcpPorts: 50,
      maxBodyBytes: 4096 * mebibyte,
      maxHeadBytes: 32 * kibibyte,
      maxTargetBytes: 16 * kibibyte,
      accessKeys: 500,
      customDomains: 20,
      requestLogDays: 90,
    },
  },
];
