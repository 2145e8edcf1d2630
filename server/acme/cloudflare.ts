import * as z from "zod";

/** A zone of Cloudflare's, to the extent that proofs need it. */
export interface CloudflareZone {
  addText(name: string, value: string): Promise<void>;
  removeText(name: string, value: string): Promise<void>;
}

export class CloudflareError extends Error {
  readonly status: number;
  readonly codes: readonly number[];

  constructor(status: number, errors: readonly { code: number; message: string }[]) {
    const told = errors.map(({ code, message }) => `${message} (${code})`).join("; ");
    super(`Cloudflare answered ${status}${told ? `: ${told}` : ""}`);
    this.name = "CloudflareError";
    this.status = status;
    this.codes = errors.map(({ code }) => code);
  }
}

const Envelope = z.object({
  success: z.boolean(),
  errors: z.array(z.object({ code: z.number(), message: z.string() })).default([]),
  result: z.unknown(),
});
const Records = z.array(z.object({ id: z.string(), content: z.string() }));

/** An identical record exists: somebody was here before, perhaps we. */
const IDENTICAL = [81057, 81058];
const COMMENT = "hotspot: proof for a certificate";
const TIMEOUT_MS = 20_000;

/**
 * Sets TXT records over Cloudflare's API. Nothing is repeated here: who calls tries the whole order again later, and Cloudflare
 * blocks every call for five minutes after 1,200 of them.
 *
 * @param options.token may edit DNS of that zone
 * @see https://developers.cloudflare.com/api/resources/dns/subresources/records/
 */
export function createCloudflareZone(options: {
  token: string;
  zoneId: string;
  apiBase: string;
}): CloudflareZone {
  const records = `${options.apiBase}/zones/${encodeURIComponent(options.zoneId)}/dns_records`;
  const call = async (method: string, url: string, body?: object): Promise<unknown> => {
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${options.token}`, "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const parsed = Envelope.safeParse(await response.json().catch(() => null));
    if (!parsed.success) throw new CloudflareError(response.status, []);
    if (!response.ok || !parsed.data.success) throw new CloudflareError(response.status, parsed.data.errors);
    return parsed.data.result;
  };
  return {
    async addText(name, value) {
      try {
        await call("POST", records, { type: "TXT", name, content: quoted(value), ttl: 60, comment: COMMENT });
      } catch (error) {
        if (error instanceof CloudflareError && error.codes.some((code) => IDENTICAL.includes(code))) return;
        throw error;
      }
    },
    async removeText(name, value) {
      const query = new URLSearchParams({ type: "TXT", "name.exact": name, per_page: "100" });
      for (const { id, content } of Records.parse(await call("GET", `${records}?${query}`))) {
        if (content.replaceAll('"', "") !== value) continue;
        await call("DELETE", `${records}/${encodeURIComponent(id)}`).catch((error: unknown) => {
          if (!(error instanceof CloudflareError && error.status === 404)) throw error;
        });
      }
    },
  };
}

/** As Cloudflare stores it; without quotes it warns. */
function quoted(value: string): string {
  return `"${value}"`;
}
