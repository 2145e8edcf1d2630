import { existsSync } from "node:fs";
import { domainToASCII } from "node:url";
import type { HubCheck } from "../../portal/hub-client.ts";
import { cloudflaredAdvice, findCloudflared } from "../cloudflared/find.ts";
import type { HubContext } from "../context.ts";
import { readPrivateFile } from "../private-file.ts";
import type { HubSettings, SelfHostedSettings } from "../state.ts";
import { Cloudflare, CloudflareUnreachableError } from "./cloudflare.ts";

/** All that a tunnel of the customer's own needs before anything is started. */
export interface Prepared {
  cloudflare: Cloudflare;
  zoneId: string;
  hostname: string;
  /** cloudflared. */
  program: string;
}

export interface Preconditions {
  /** All five, in their order, whether met or not. */
  checks: HubCheck[];
  /** Null: at least one is not met. */
  prepared: Prepared | null;
}

/**
 * Looks at the five things that must be there, and names each that is not. Where one rests on another that is missing,
 * only that one is named.
 *
 * @throws CloudflareUnreachableError: nothing can be said about account and zone now
 */
export async function checkPreconditions(
  { enabled, hubId, cloudflared, selfHosted }: HubSettings,
  { options, env, cwd }: HubContext,
): Promise<Preconditions> {
  const { accountId, tokenFile, domain, hostname } = selfHosted ?? nothing;
  const account = await checkAccount({ accountId, tokenFile }, options);
  const zone = await checkZone(domain, account.cloudflare);
  const wanted = options.cloudflared ?? cloudflared;
  const program = findCloudflared(wanted, env, cwd);
  const problems = {
    enabled: enabled
      ? null
      : `The tunnel of ${hubId} is switched off: \`hotspot hub enable --self-hosted\` switches it on.`,
    account: account.problem,
    domain: zone.problem,
    hostname: hostnameProblem(hostname, domain),
    cloudflared: program === null ? cloudflaredAdvice(wanted) : null,
  };
  const checks = Object.entries(problems).map(([name, message]) => ({ name, ok: message === null, message }));
  const { cloudflare } = account;
  const isMet = checks.every(({ ok }) => ok);
  const prepared =
    isMet && cloudflare !== null && zone.zoneId !== null && hostname !== null && program !== null
      ? { cloudflare, zoneId: zone.zoneId, hostname, program }
      : null;
  return { checks, prepared };
}

const nothing: SelfHostedSettings = { accountId: null, tokenFile: null, domain: null, hostname: null };

/** The client for the customer's own account. @returns why there is none, in words */
export async function checkAccount(
  { accountId, tokenFile }: Pick<SelfHostedSettings, "accountId" | "tokenFile">,
  { cloudflareApi, network }: HubContext["options"],
): Promise<{ cloudflare: Cloudflare | null; problem: string | null }> {
  const none = (problem: string) => ({ cloudflare: null, problem });
  if (accountId === null) return none("No Cloudflare account: give --cf-account with its id.");
  if (tokenFile === null)
    return none("No Cloudflare API token: give --cf-token-file with a file that holds it.");
  if (!existsSync(tokenFile)) return none(`There is no file ${tokenFile} with the Cloudflare API token.`);
  let token: string;
  try {
    token = readPrivateFile(tokenFile)?.trim() ?? "";
  } catch (error) {
    return none((error as Error).message);
  }
  if (!/^[\x21-\x7e]+$/.test(token))
    return none(`${tokenFile} holds no API token: it should be the token alone.`);
  const cloudflare = new Cloudflare({ apiBase: cloudflareApi, accountId, token, network });
  if (await cloudflare.isTokenActive()) return { cloudflare, problem: null };
  return none(
    `Cloudflare does not take the API token in ${tokenFile} for the account ${accountId}. It needs Cloudflare Tunnel: Edit, and DNS: Edit and Zone: Read of the zone.`,
  );
}

async function checkZone(
  domain: string | null,
  cloudflare: Cloudflare | null,
): Promise<{ zoneId: string | null; problem: string | null }> {
  if (domain === null) {
    return { zoneId: null, problem: "No domain: give --domain with the zone's name, like example.com." };
  }
  // Without a token nothing can be looked up: that is said already.
  if (cloudflare === null) return { zoneId: null, problem: null };
  const zoneId = await cloudflare.findZone(domainToASCII(domain)).catch((error: unknown) => {
    if (error instanceof CloudflareUnreachableError) throw error;
    return null;
  });
  if (zoneId !== null) return { zoneId, problem: null };
  return {
    zoneId,
    problem: `The account has no zone ${domain}, or the API token may not read it. Give the zone's own name, not one below it.`,
  };
}

function hostnameProblem(hostname: string | null, domain: string | null): string | null {
  if (hostname === null) return "No external host name: give --hostname, like hub.example.com.";
  if (domain === null) return null;
  const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
  const isName = new RegExp(`^${label}(?:\\.${label})*$`).test(domainToASCII(hostname));
  if (!isName) return `${hostname} is no host name.`;
  if (hostname === domain || hostname.endsWith(`.${domain}`)) return null;
  return `The host name ${hostname} is not under the domain ${domain}.`;
}
