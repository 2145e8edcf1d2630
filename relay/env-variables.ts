import { define, type EnvVariable, integer, port } from "../server/env-schema.ts";
import { sharedVariables } from "../server/env-shared.ts";

/** Every variable the relay reads, in the order in which documents show them. */
export const relayVariables = {
  ...sharedVariables,
  RELAY_ADMIN_PORT: define({
    description:
      "Port of /metrics, /healthz and /readyz of the relay, on 127.0.0.1 only; 0 means any free one.",
    expected: "a port from 0 to 65535",
    schema: port.default(0),
    fallback: "0",
  }),
  RELAY_GRACE_MS: define({
    description: "How long a request waits for a connector that was there a moment ago, in milliseconds.",
    expected: "whole milliseconds from 0 to 120000",
    schema: integer(0, 120_000).default(10_000),
    fallback: "10000",
  }),
  RELAY_HEADER_TIMEOUT_MS: define({
    description: "How long an upstream may think before its response head, in milliseconds.",
    expected: "whole milliseconds from 1000 to 3600000",
    schema: integer(1_000, 3_600_000).default(300_000),
    fallback: "300000",
  }),
  RELAY_DRAIN_SECONDS: define({
    description: "How long running streams may go on after SIGTERM, in seconds.",
    expected: "whole seconds from 0 to 3600",
    schema: integer(0, 3_600).default(30),
    fallback: "30",
  }),
  RELAY_MAX_CONNECTIONS_PER_ADDRESS: define({
    description:
      "Open connections of one client address (IPv6: of one /64); trusted proxies are not counted.",
    expected: "a whole number from 1 to 1000000",
    schema: integer(1, 1_000_000).default(2_000),
    fallback: "2000",
  }),
} as const satisfies Record<string, EnvVariable>;
