import * as z from "zod";
import { ExitCode, ExitError } from "../exit.ts";
import type { PortalClient } from "./client.ts";
import { PortalUnreachableError } from "./errors.ts";

const CLIENT_ID = "hotspot-cli";
const GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code";

const Codes = z.object({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.string(),
  verification_uri_complete: z.string().optional(),
  expires_in: z.number(),
  interval: z.number().default(5),
});
const Answer = z.union([z.object({ access_token: z.string() }), z.object({ error: z.string() })]);

export interface DeviceLoginOptions {
  client: PortalClient;
  /** Shows the code and where to confirm it. */
  show(prompt: { userCode: string; url: string }): void;
  sleep(ms: number): Promise<void>;
  now(): number;
}

/**
 * Signs in by a browser (RFC 8628): shows a code, waits until a signed-in person allows it.
 * @returns a bearer token of that person, to be used at once and not kept
 * @throws ExitError refused: denied or expired
 */
export async function deviceLogin({ client, show, sleep, now }: DeviceLoginOptions): Promise<string> {
  const started = await client.raw("/api/auth/device/code", { client_id: CLIENT_ID });
  const parsed = Codes.safeParse(started.body);
  if (!parsed.success) {
    throw new PortalUnreachableError(`this portal has no device login (it answered ${started.status})`);
  }
  const codes = parsed.data;
  show({ userCode: codes.user_code, url: codes.verification_uri_complete ?? codes.verification_uri });
  const until = now() + codes.expires_in * 1_000;
  let intervalMs = codes.interval * 1_000;
  while (now() < until) {
    await sleep(intervalMs);
    const body = { grant_type: GRANT_TYPE, device_code: codes.device_code, client_id: CLIENT_ID };
    const polled = await client.raw("/api/auth/device/token", body);
    const answer = Answer.safeParse(polled.body);
    if (!answer.success) {
      if (polled.status === 429) intervalMs += 5_000;
      else throw new PortalUnreachableError(`the portal answered ${polled.status} to the device login`);
    } else if ("access_token" in answer.data) {
      return answer.data.access_token;
    } else if (answer.data.error === "slow_down") {
      intervalMs += 5_000;
    } else if (answer.data.error !== "authorization_pending") {
      throw new ExitError(ExitCode.refused, "The login was not allowed. Run `hotspot login` to try again.");
    }
  }
  throw new ExitError(ExitCode.refused, "The code has expired. Run `hotspot login` to get a new one.");
}
