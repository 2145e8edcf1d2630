import { afterAll, expect, test } from "vitest";
import * as z from "zod";
import { CloudflareStandIn } from "../../../e2e/standins/cloudflare/index.ts";
import { createCloudflareClient } from "../client.ts";
import { createRecords } from "../records.ts";
import { provisionRelayTunnel } from "./provision.ts";

const cloudflare = await CloudflareStandIn.start({ zone: "tunnels.example.org" });
afterAll(() => cloudflare.stop());
const client = createCloudflareClient({ token: cloudflare.token, apiBase: cloudflare.apiBase });
const records = createRecords(client, cloudflare.zoneId);
const wish = {
  zoneId: cloudflare.zoneId,
  baseDomain: "tunnels.example.org",
  relayService: "http://localhost:8789",
  websiteService: "http://localhost:3000",
  portalHost: "app.tunnels.example.org",
};
async function provision(change: Partial<typeof wish> = {}): Promise<{ said: string[]; token: string }> {
  const said: string[] = [];
  const token = await provisionRelayTunnel(client, { ...wish, ...change }, (did, what) => {
    said.push(`${did} ${what.replace(/ {2}.*/, "")}`);
  });
  return { said, token };
}

test("the wildcard leads to the relay, apex, www and portal to the website; and the second time nothing is made", async () => {
  const first = await provision();
  expect(first.said).toEqual([
    "made tunnel relay-tunnels.example.org",
    "set rules of the tunnel: *.tunnels.example.org to http://localhost:8789",
    "made record *.tunnels.example.org",
    "made record app.tunnels.example.org",
    "made record tunnels.example.org",
    "made record www.tunnels.example.org",
  ]);
  const again = await provision();
  expect(again.said.filter((line) => line.startsWith("made"))).toEqual([]);
  expect(again.token).toBe(first.token);
  const { tunnels, records: all } = cloudflare.list();
  expect(tunnels.map(({ config }) => config?.ingress)).toEqual([
    [
      { hostname: "app.tunnels.example.org", service: "http://localhost:3000" },
      { hostname: "tunnels.example.org", service: "http://localhost:3000" },
      { hostname: "www.tunnels.example.org", service: "http://localhost:3000" },
      { hostname: "*.tunnels.example.org", service: "http://localhost:8789" },
      { service: "http_status:404" },
    ],
  ]);
  expect(new Set(all.map(({ content }) => content))).toEqual(new Set([`${tunnels[0]!.id}.cfargotunnel.com`]));
  expect(all.every(({ proxied }) => proxied)).toBe(true);
});

test("its records follow when the tunnel was made anew; those of others are left alone, or refused under the wildcard", async () => {
  const [old] = cloudflare.list().tunnels;
  await client.call({
    operation: "test",
    method: "DELETE",
    path: `/accounts/${cloudflare.accountId}/cfd_tunnel/${old!.id}`,
    result: z.unknown(),
  });
  const [www] = await records.listByName("www.tunnels.example.org");
  await records.edit(www!.id, { content: "pages.example.net", comment: "the website" });
  expect((await provision()).said).toEqual([
    "made tunnel relay-tunnels.example.org",
    "set rules of the tunnel: *.tunnels.example.org to http://localhost:8789",
    "changed record *.tunnels.example.org: it led to a tunnel of before",
    "changed record app.tunnels.example.org: it led to a tunnel of before",
    "changed record tunnels.example.org: it led to a tunnel of before",
    "left record www.tunnels.example.org: it leads somewhere else already",
  ]);
  const [wildcard] = await records.listByName("*.tunnels.example.org");
  await records.edit(wildcard!.id, { content: "elsewhere.example.net", comment: "somebody's" });
  await expect(provision()).rejects.toThrow(
    "*.tunnels.example.org has a DNS record that is not this tunnel's",
  );
});

test("a base domain of another zone is refused before anything is made; one deeper in the zone needs a certificate", async () => {
  await expect(provision({ baseDomain: "other.example" })).rejects.toThrow(
    "the zone of CLOUDFLARE_ZONE_ID is tunnels.example.org",
  );
  const { said } = await provision({
    baseDomain: "eu.tunnels.example.org",
    portalHost: "portal.example.com",
  });
  expect(said[0]).toContain("*.eu.tunnels.example.org needs an advanced one");
});
