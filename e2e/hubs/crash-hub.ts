import { randomUUID } from "node:crypto";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { TestTenant } from "../../db/testing/factories.ts";
import { until } from "../fixtures/until.ts";
import type { CloudflareStandIn } from "../standins/cloudflare/index.ts";

/** What enroll gives. */
export interface Enrollment {
  readonly tunnel_id: string;
  readonly tunnel_token: string;
  readonly hostname: string;
  readonly r2_endpoint: string;
  readonly r2_bucket: string;
  readonly r2_access_key_id: string;
  readonly r2_secret_access_key: string;
}
export type Key = Pick<Enrollment, "r2_access_key_id" | "r2_secret_access_key">;

/** A hub as the service knows one: it asks again until it is answered, as a hub has to. */
export interface CrashHub {
  readonly hubId: string;
  readonly tenantId: string;
  enroll(): Promise<Enrollment>;
  rotate(): Promise<Key>;
  report(accessKeyId: string): Promise<void>;
  disable(): Promise<void>;
  /** Its cloudflared: holds a connection, and comes back when it is cut, for as long as its token is good. */
  connect(enrollment: Enrollment): void;
}

/** A portal that was killed is back within this. */
const PATIENCE_MS = 90_000;

export async function registerHub(options: {
  portalUrl: string;
  tenant: TestTenant;
  hubId: string;
  cloudflare: CloudflareStandIn;
}): Promise<CrashHub> {
  const { portalUrl, tenant, hubId, cloudflare } = options;
  const post = async (path: string, body: object, token?: string): Promise<Response> =>
    fetch(portalUrl + path, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    });
  const registered = await post("/api/hubs", {
    licenseKey: tenant.licenseKey,
    deviceId: `device-${hubId}`,
    hubId,
    serviceUrl: "http://localhost:8080",
  });
  if (!registered.ok) throw new Error(`register: ${registered.status} ${await registered.text()}`);
  const { accountId, hubToken } = (await registered.json()) as { accountId: string; hubToken: string };
  /** Repeats what was cut or told to come again. Anything else that is refused is a fault. */
  const ask = async <T>(path: string, body: object): Promise<T> => {
    let refused: Error | null = null;
    const answer = await until(async () => {
      if (refused) return null;
      const response = await post(path, body, hubToken);
      if (response.ok) return response.json();
      const told = `${path}: ${response.status} ${await response.text()}`;
      const again = response.status >= 500 || response.headers.has("retry-after");
      if (!again) refused = new Error(told);
      throw new Error(told);
    }, PATIENCE_MS);
    if (refused) throw refused;
    return answer as T;
  };
  const service = "/v1/managed-cloudflare";
  return {
    hubId,
    tenantId: tenant.tenantId,
    enroll: () => ask(`${service}/enroll`, { account_id: accountId, hub_id: hubId }),
    rotate: () => ask(`${service}/rotate-keys`, { hub_id: hubId }),
    async report(accessKeyId) {
      const checks = [{ name: "tunnel", ok: true, message: null }];
      await ask("/api/hubs/report", { hubId, version: "0.0.0", checks, accessKeyId, backup: null });
    },
    async disable() {
      await ask(`${service}/disable`, { hub_id: hubId, delete_bucket: false, retention_days: 30 });
    },
    connect({ tunnel_id, tunnel_token }) {
      const { s: secret } = JSON.parse(Buffer.from(tunnel_token, "base64").toString()) as { s: string };
      const { world } = cloudflare;
      const join = () => {
        if (world.liveTunnel(tunnel_id)?.secret !== secret) return;
        const connection = {
          id: randomUUID(),
          coloName: "fra01",
          openedAt: new Date().toISOString(),
          originIp: "127.0.0.1",
        };
        const connector = {
          id: randomUUID(),
          version: "0",
          arch: "none",
          runAt: connection.openedAt,
          tunnelId: tunnel_id,
          configVersion: 0,
          connections: [connection],
          configure: () => undefined,
          drop() {
            world.connectors.delete(connector);
            setImmediate(join);
          },
        };
        world.connectors.add(connector);
      };
      join();
    },
  };
}

/** Writes and reads an object with a key. @returns "ok", or what the bucket refused it with */
export async function tryKey(
  key: Key,
  { r2_endpoint, r2_bucket }: Enrollment,
  object: string,
): Promise<string> {
  const s3 = new S3Client({
    endpoint: r2_endpoint,
    region: "auto",
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: key.r2_access_key_id, secretAccessKey: key.r2_secret_access_key },
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  try {
    await s3.send(new PutObjectCommand({ Bucket: r2_bucket, Key: object, Body: object }));
    const read = await s3.send(new GetObjectCommand({ Bucket: r2_bucket, Key: object }));
    return (await read.Body?.transformToString()) === object ? "ok" : "another body";
  } catch (error) {
    return (error as Error).name;
  } finally {
    s3.destroy();
  }
}
