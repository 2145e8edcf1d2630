import type { Generated } from "kysely";

/** Consecutive ports that belong to one tenant; no two ranges overlap. */
export interface TcpRangesTable {
  tenant_id: string;
  first_port: number;
  /** Inclusive. */
  last_port: number;
  /** When a tunnel of it was last opened or released: from then on it cools down once no tunnel uses it. */
  last_used_at: Generated<Date>;
}

/** A name of an endpoint and its public port. Port, and name within the endpoint, are unique among those not released. */
export interface TcpTunnelsTable {
  id: string;
  tenant_id: string;
  endpoint_id: string;
  name: string;
  port: number;
  created_at: Generated<Date>;
  released_at: Date | null;
  /** The relay that takes connections at the port, or tried to, and when it said so last. */
  served_by: string | null;
  served_at: Date | null;
  /** Why that relay cannot listen at the port. */
  fault: string | null;
}
