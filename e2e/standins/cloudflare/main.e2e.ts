import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, expect, test } from "vitest";
import { sha256 } from "./testing/bucket.ts";

const folder = await mkdtemp(join(tmpdir(), "hotspot-cloudflare-main-"));
const running: ChildProcess[] = [];
afterAll(async () => {
  for (const child of running) child.kill("SIGKILL");
  await rm(folder, { recursive: true });
});

/** Starts the program; resolves with the variables that it prints. */
async function start(): Promise<{ child: ChildProcess; env: Record<string, string> }> {
  const child = spawn(process.execPath, [fileURLToPath(new URL("main.ts", import.meta.url))], {
    env: { ...process.env, DATA_DIR: folder, ZONE: "example.org" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.push(child);
  const env: Record<string, string> = {};
  for await (const line of createInterface(child.stdout)) {
    const [, name, value] = /^export (\w+)=(.*)$/.exec(line) ?? [];
    if (name !== undefined) env[name] = value!;
    if (line.startsWith("# cloudflared:")) break;
  }
  return { child, env };
}

const list = async (env: Record<string, string>) =>
  (await fetch(new URL("/standin", env.CLOUDFLARE_API_BASE))).json() as Promise<{ tunnels: object[] }>;

test("as a process of its own it keeps what was answered, kill -9 included", async () => {
  const { child, env } = await start();
  const api = `${env.CLOUDFLARE_API_BASE}/accounts/${env.MANAGED_CF_ACCOUNT_ID}`;
  const headers = { authorization: `Bearer ${env.MANAGED_CF_API_TOKEN}` };
  const post = (path: string, body: object) =>
    fetch(api + path, { method: "POST", headers, body: JSON.stringify(body) });
  await post("/cfd_tunnel", { name: "kept" });
  await post("/r2/buckets", { name: "kept" });
  const verified = await (await fetch(`${api}/tokens/verify`, { headers })).json();
  const s3 = new S3Client({
    endpoint: env.MANAGED_CF_R2_ENDPOINT!,
    region: "auto",
    forcePathStyle: true,
    credentials: {
      accessKeyId: (verified as { result: { id: string } }).result.id,
      secretAccessKey: sha256(env.MANAGED_CF_API_TOKEN!),
    },
  });
  await s3.send(new PutObjectCommand({ Bucket: "kept", Key: "kept", Body: "1234" }));
  const before = await list(env);
  child.kill("SIGKILL");
  await once(child, "exit");
  const again = await start();
  expect(await list(again.env)).toEqual(before);
  expect(before).toMatchObject({
    tunnels: [{ name: "kept" }],
    buckets: [{ name: "kept" }],
    objects: [{ bucket: "kept", key: "kept", size: 4 }],
  });
});
