import type { Price, Tier } from "../core/objects.ts";

/** Amounts are whole numbers of 10^-12 cent here: the finest that a price can say. */
const SCALE_DIGITS = 12;
const SCALE = 10n ** BigInt(SCALE_DIGITS);

/** Cents as text, at most 12 decimals, made exact. */
export function exactCents(text: string): bigint {
  const [, sign, whole, fraction = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text)!;
  const value = BigInt(whole!) * SCALE + BigInt(fraction.padEnd(SCALE_DIGITS, "0"));
  return sign ? -value : value;
}

/** Whole cents: a half goes away from zero. */
export function roundCents(exact: bigint): number {
  const half = exact < 0n ? -SCALE / 2n : SCALE / 2n;
  return Number((exact + half) / SCALE);
}

/** A share of a whole amount of cents, as prorations need it. */
export function shareOf(amount: number, part: number, whole: number): number {
  if (whole <= 0) return 0;
  return roundCents((BigInt(amount) * SCALE * BigInt(part)) / BigInt(whole));
}

/** What one tier of a price takes of a quantity. */
export interface TierShare {
  readonly tier: Tier;
  /** From 1. */
  readonly number: number;
  readonly quantity: bigint;
  readonly exact: bigint;
}

const costs = (tier: Tier, quantity: bigint) =>
  quantity * exactCents(tier.unit_amount_decimal ?? "0") +
  (quantity > 0n ? exactCents(tier.flat_amount_decimal ?? "0") : 0n);

/**
 * Splits a quantity over the tiers: graduated fills them one after the other, volume takes the one tier that holds all.
 * Of nothing the first tier has nothing.
 */
export function tierShares(price: Price, quantity: bigint): TierShare[] {
  const tiers = price._tiers ?? [];
  if (price.tiers_mode === "volume") {
    const at = tiers.findIndex(({ up_to }) => up_to === null || quantity <= BigInt(up_to));
    const tier = tiers[at]!;
    return [{ tier, number: at + 1, quantity, exact: costs(tier, quantity) }];
  }
  const shares: TierShare[] = [];
  let below = 0n;
  for (const [at, tier] of tiers.entries()) {
    const bound = tier.up_to === null || quantity < BigInt(tier.up_to) ? quantity : BigInt(tier.up_to);
    const inside = bound - below;
    if (inside > 0n || at === 0)
      shares.push({ tier, number: at + 1, quantity: inside, exact: costs(tier, inside) });
    below = bound;
  }
  return shares;
}

/** What a quantity of a price without tiers costs. */
export function unitCost(price: Price, quantity: bigint): bigint {
  const { transform_quantity: transform } = price;
  const unit = exactCents(price.unit_amount_decimal ?? "0");
  if (!transform) return unit * quantity;
  const by = BigInt(transform.divide_by);
  return unit * (transform.round === "up" ? (quantity + by - 1n) / by : quantity / by);
}
