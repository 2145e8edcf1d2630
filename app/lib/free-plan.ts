/** What the landing page says of a plan. A test holds it against the table that the server enforces. */
export interface PlanFacts {
  endpoints: number;
  devices: number;
  connectors: number;
  maxBodyBytes: number;
}

export const freePlan: PlanFacts = {
  endpoints: 1,
  devices: 3,
  connectors: 2,
  maxBodyBytes: 256 * 1024 * 1024,
};
