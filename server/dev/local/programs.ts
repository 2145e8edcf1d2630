import { join } from "node:path";
import { z } from "zod";
import type { DemoTenant } from "../demo/state.ts";
import { bunEnv } from "../processes/bun-env.ts";
import type { ChildSpec } from "../processes/child.ts";
import type { Addresses } from "./addresses.ts";

/** What portal and relay say on stdout when they serve. */
const ReadyLine = z.object({ event: z.literal("ready"), port: z.int(), adminPort: z.int() });
export type ReadyLine = z.infer<typeof ReadyLine>;

const StripeReadyLine = z.object({ event: z.literal("ready"), port: z.int() });

const READY_TIMEOUT_MS = 60_000;

/** What the programs of one run have in common. */
export interface ProgramContext {
  readonly root: string;
  readonly dataDir: string;
  /** Complete: given variables, local secrets, ports, addresses. */
  readonly env: NodeJS.ProcessEnv;
  readonly onErrorLine: (name: string, line: string) => void;
}

const bin = (root: string, name: string) => join(root, "node_modules", ".bin", name);

function common(context: ProgramContext, name: string) {
  return {
    name,
    cwd: context.root,
    env: context.env,
    logPath: join(context.dataDir, "logs", `${name}.log`),
    readyTimeoutMs: READY_TIMEOUT_MS,
    onErrorLine: (line: string) => context.onErrorLine(name, line),
  };
}

export function relaySpec(context: ProgramContext): ChildSpec<ReadyLine> {
  return {
    ...common(context, "relay"),
    program: bin(context.root, "bun"),
    args: ["relay/main.ts"],
    env: { ...bunEnv, ...context.env },
    readReady: readReadyLine,
  };
}

export function portalSpec(context: ProgramContext, buildDir: string): ChildSpec<ReadyLine> {
  return {
    ...common(context, "portal"),
    program: bin(context.root, "node"),
    args: [join(buildDir, "portal.mjs")],
    env: { ...context.env, HOTSPOT_BUILD_DIR: buildDir },
    readReady: readReadyLine,
  };
}

/** A Stripe to try billing against; it keeps its account in the data directory and knows nothing of ours. */
export function stripeSpec(
  context: ProgramContext,
  options: { port: number; portalUrl: string; webhookSecret: string; thinWebhookSecret: string },
): ChildSpec<{ port: number }> {
  return {
    ...common(context, "stripe"),
    program: bin(context.root, "bun"),
    args: ["e2e/standins/stripe/main.ts"],
    env: {
      ...withoutServerSecrets(context.env),
      PORT: String(options.port),
      STRIPE_STATE_FILE: join(context.dataDir, "stripe.json"),
      STRIPE_WEBHOOK_URL: `${options.portalUrl}/api/stripe/webhook`,
      STRIPE_WEBHOOK_SECRET: options.webhookSecret,
      STRIPE_THIN_WEBHOOK_SECRET: options.thinWebhookSecret,
    },
    readReady: (line) => readJsonLine(line, StripeReadyLine),
  };
}

/** The demo tenant's own connector: the same program with the same options as a customer's. */
export function connectorSpec(
  context: ProgramContext,
  options: { demo: DemoTenant; addresses: Addresses; upstreamUrl: string },
): ChildSpec<string> {
  const { demo, addresses, upstreamUrl } = options;
  return {
    ...common(context, "connector"),
    program: bin(context.root, "bun"),
    args: [
      "relay/connector/main.ts",
      "connect",
      ...["--slug", demo.slug],
      ...["--to", upstreamUrl],
      ...["--portal", addresses.portalUrl],
      ...["--relay", addresses.relayWsUrl],
    ],
    // The key is not among the arguments: those can be read by every user of the machine.
    env: {
      ...bunEnv,
      ...withoutServerSecrets(context.env),
      HOTSPOT_LICENSE_KEY: demo.licenseKey,
      HOTSPOT_DEVICE_ID: demo.deviceId,
      HOTSPOT_CONFIG_DIR: join(context.dataDir, "connector"),
    },
    readReady: (line) => (line.startsWith("live ") ? line : null),
  };
}

/** A connector runs on a customer's machine; here it gets no more than it would have there. */
function withoutServerSecrets(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = /^(PATH|HOME|LANG|LC_.*|TERM|TMPDIR|TZ|NO_COLOR|LOG_LEVEL|HOTSPOT_DATA_DIR)$/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => kept.test(name))) as NodeJS.ProcessEnv;
}

const readReadyLine = (line: string) => readJsonLine(line, ReadyLine);

function readJsonLine<T>(line: string, schema: z.ZodType<T>): T | null {
  if (!line.startsWith("{")) return null;
  try {
    return schema.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    // Something else that starts with a brace.
    return null;
  }
}
