import { expect, test } from "vitest";
import { createConnector, createEndpoint, createTenant, createTestDb } from "../../db/testing/index.ts";
import { listRecentlySeenEndpoints } from "./recently-seen.ts";

const { db } = await createTestDb();

test("lists endpoints whose connector was there a moment ago, also when it has been marked offline", async () => {
  const tenant = await createTenant(db);
  const setting = async (values: { last_seen_at?: Date; revoked_at?: Date; status?: "offline" }) => {
    const endpoint = await createEndpoint(db, tenant);
    const { connectorId } = await createConnector(db, tenant, endpoint, { online: true });
    await db
      .updateTable("connectors")
      .set({ status: "online", ...values })
      .where("id", "=", connectorId)
      .execute();
    return endpoint.endpointId;
  };
  const online = await setting({});
  const offline = await setting({ status: "offline" });
  await setting({ last_seen_at: new Date(Date.now() - 61_000) });
  await setting({ revoked_at: new Date() });
  expect((await listRecentlySeenEndpoints(db)).sort()).toEqual([online, offline].sort());
});
