import { styleText } from "node:util";
import type { DevJson } from "./dev-json.ts";

/** The command that shows a newcomer that it works; answers at once and streams. */
export function curlLine(dev: DevJson, guarded: boolean): string {
  const key = guarded ? ` -H 'authorization: Bearer ${dev.demo.endpointToken}'` : "";
  const body = JSON.stringify({ model: "demo", messages: [{ role: "user", content: "Hello!" }] });
  return `curl ${dev.tenantUrl}/v1/chat/completions -H 'content-type: application/json'${key} -d '${body}'`;
}

/** What is printed when everything is up. */
export function summary(dev: DevJson, options: { guarded: boolean; seconds: string }): string {
  const rows = [
    ["Portal", dev.portalUrl],
    ["  sign in as", `${dev.demo.email}  password ${dev.demo.password}`],
    ["Endpoint", dev.tenantUrl],
    ...(dev.stripeUrl
      ? [["Stripe", "a stand-in (no STRIPE_SECRET_KEY); test card 4242 4242 4242 4242"]]
      : []),
    ...(dev.mailboxUrl ? [["Mailbox", dev.mailboxUrl]] : []),
  ] as [string, string][];
  return [
    "",
    styleText("bold", `Hotspot is up (${options.seconds} s)`),
    ...rows.map(([label, value]) => `  ${label.padEnd(14)}${value}`),
    "",
    "  Try it:",
    `  ${curlLine(dev, options.guarded)}`,
    "",
    "  Ctrl-C stops everything.",
    "",
  ].join("\n");
}
