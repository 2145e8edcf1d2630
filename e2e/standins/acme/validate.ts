import { createHash } from "node:crypto";
import { Resolver } from "node:dns/promises";
import { request } from "node:http";
import { text } from "node:stream/consumers";

/** Where a CA looks. */
export interface Places {
  /** Port 80 of every host: `127.0.0.1:<port of the relay>`. */
  readonly httpPort: () => number;
  readonly dnsServer: string;
}

/** What a CA finds out about one challenge; null when all is well, else why not. */
export async function validate(
  places: Places,
  challenge: { type: string; token: string },
  host: string,
  keyAuthorization: string,
): Promise<string | null> {
  if (challenge.type === "http-01") {
    const path = `/.well-known/acme-challenge/${challenge.token}`;
    const { status, body } = await get(places.httpPort(), host, path);
    if (status !== 200) return `Invalid response from http://${host}${path}: ${status}`;
    return body.trim() === keyAuthorization
      ? null
      : `The key authorization at http://${host}${path} is another`;
  }
  const resolver = new Resolver({ timeout: 1_000, tries: 1 });
  resolver.setServers([places.dnsServer]);
  const name = `_acme-challenge.${host}`;
  const texts = await resolver.resolveTxt(name).catch(() => []);
  const wanted = createHash("sha256").update(keyAuthorization).digest("base64url");
  return texts.some((pieces) => pieces.join("") === wanted)
    ? null
    : `No TXT record ${name} with the right value`;
}

function get(port: number, host: string, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request(
      { host: "127.0.0.1", port, path, headers: { host }, agent: false, timeout: 5_000 },
      (response) => {
        text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
      },
    )
      .on("error", reject)
      .end();
  });
}
