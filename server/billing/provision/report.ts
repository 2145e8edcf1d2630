/** What provisioning did with one thing in Stripe. */
export interface ProvisionStep {
  readonly did: "kept" | "made" | "changed" | "switched on";
  /** Such as `price hotspot_pro_seat`. */
  readonly what: string;
  readonly id: string;
}

export type Report = (step: ProvisionStep) => void;
