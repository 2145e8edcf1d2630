import { z } from "zod";
import { define, type EnvVariable, integer, port, text } from "../server/env-schema.ts";
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
    schema: integer(0, 120_000).default(30_000),
    fallback: "30000",
  }),
  RELAY_HEADER_TIMEOUT_MS: define({
    description: "How long an upstream may think before its response head, in milliseconds.",
    expected: "whole milliseconds from 1000 to 3600000",
    schema: integer(1_000, 3_600_000).default(360_000),
    fallback: "360000",
  }),
  RELAY_SSE_COMMENT_SECONDS: define({
    description:
      "Event streams that are silent for so long get a comment between two events, for clients and proxies that give up on silence, in seconds; 0 adds none. Never counted.",
    expected: "whole seconds from 0 to 3600",
    schema: integer(0, 3_600).default(0),
    fallback: "0",
  }),
  RELAY_DRAIN_SECONDS: define({
    description: "How long running streams may go on after SIGTERM, in seconds.",
    expected: "whole seconds from 0 to 3600",
    schema: integer(0, 3_600).default(30),
    fallback: "30",
  }),
  CONNECTOR_REPLAY: define({
    description:
      "A connector token that a second program uses at the same time: allow (told in log, metrics and audit log), refuse the second, or kick both and revoke the token.",
    expected: "allow, refuse or kick",
    schema: z.enum(["allow", "refuse", "kick"]).default("allow"),
    fallback: "allow",
  }),
  RELAY_MAX_CONNECTIONS_PER_ADDRESS: define({
    description:
      "Open connections of one client address (IPv6: of one /64); trusted proxies are not counted.",
    expected: "a whole number from 1 to 1000000",
    schema: integer(1, 1_000_000).default(2_000),
    fallback: "2000",
  }),
  RELAY_TCP_IDLE_SECONDS: define({
    description: "A connection of a TCP tunnel on which nothing moves for so long is cut, in seconds.",
    expected: "whole seconds from 1 to 604800",
    schema: integer(1, 604_800).default(3_600),
    fallback: "3600",
  }),
  RELAY_TCP_MAX_CONNECTIONS_PER_ADDRESS: define({
    description:
      "Open connections of one client address (IPv6: of one /64) to TCP tunnels; how many it may open is PROXY_RATE_LIMIT_MAX.",
    expected: "a whole number from 1 to 100000",
    schema: integer(1, 100_000).default(200),
    fallback: "200",
  }),
  RELAY_CLIENT_HEAD_SECONDS: define({
    description: "A client has so long for the whole head of a request, then it is answered 408, in seconds.",
    expected: "whole seconds from 1 to 3600",
    schema: integer(1, 3_600).default(15),
    fallback: "15",
  }),
  RELAY_CLIENT_BODY_SECONDS: define({
    description: "A client that sends a body may be silent for so long, then it is answered 408, in seconds.",
    expected: "whole seconds from 1 to 3600",
    schema: integer(1, 3_600).default(60),
    fallback: "60",
  }),
  RELAY_CLIENT_IDLE_SECONDS: define({
    description: "A client's connection without a request is kept for so long, in seconds.",
    expected: "whole seconds from 1 to 86400",
    schema: integer(1, 86_400).default(75),
    fallback: "75",
  }),
  RELAY_CLIENT_STALL_SECONDS: define({
    description: "A client that takes no byte of what is ready for it is cut after so long, in seconds.",
    expected: "whole seconds from 1 to 86400",
    schema: integer(1, 86_400).default(300),
    fallback: "300",
  }),
  RELAY_TLS_PORT: define({
    description:
      "Port for https, wss and HTTP/2, with the certificates of RELAY_TLS_* and those of custom domains; not set: no TLS here.",
    expected: "a port from 0 to 65535",
    schema: port.optional(),
  }),
  RELAY_TLS_CERT: define({
    description:
      "Certificate chain, as PEM or the path of a file; names hosts, also with a wildcard. Files are looked at every ten seconds and on SIGHUP.",
    expected: "PEM text or a path",
    schema: text.optional(),
  }),
  RELAY_TLS_KEY: define({
    description: "The key of RELAY_TLS_CERT, as PEM or the path of a file.",
    expected: "PEM text or a path",
    schema: text.optional(),
    secret: true,
  }),
  RELAY_TLS_DIR: define({
    description:
      "Folder of more certificates: `<name>.crt` or `<name>.pem` beside `<name>.key`. The server name of a handshake picks one.",
    expected: "a path",
    schema: text.optional(),
  }),
  RELAY_TLS_HANDSHAKES_PER_SECOND: define({
    description:
      "TLS handshakes that one client address (IPv6: one /64) may start, per second; ten seconds of it at once.",
    expected: "a whole number from 1 to 100000",
    schema: integer(1, 100_000).default(100),
    fallback: "100",
  }),
  RELAY_TLS_HANDSHAKE_SECONDS: define({
    description: "A client has so long for its TLS handshake, then it is cut, in seconds.",
    expected: "whole seconds from 1 to 3600",
    schema: integer(1, 3_600).default(10),
    fallback: "10",
  }),
  RELAY_HSTS_SECONDS: define({
    description:
      "Answers over https tell browsers to use nothing else for so long, in seconds; 0: they do not.",
    expected: "whole seconds from 0 to 126144000",
    schema: integer(0, 126_144_000).default(0),
    fallback: "0",
  }),
  RELAY_HTTPS_REDIRECT: define({
    description:
      "on answers plain requests with 308 to https, but for links, ACME challenges, hosts without a certificate, and what a trusted proxy says came by https.",
    expected: "on or off",
    schema: z.enum(["on", "off"]).default("off"),
    fallback: "off",
  }),
  RELAY_JOURNAL_DIR: define({
    description:
      "Folder of the usage journals. On a disk that outlives the relay; relays that share one hand over for each other.",
    expected: "a path",
    schema: text.optional(),
    fallback: "HOTSPOT_DATA_DIR/journal",
  }),
  RELAY_JOURNAL_FSYNC_MS: define({
    description:
      "How often the journal is forced to the disk: what a power cut loses at most, in milliseconds. A crash of the relay loses nothing.",
    expected: "whole milliseconds from 10 to 60000",
    schema: integer(10, 60_000).default(1_000),
    fallback: "1000",
  }),
  RELAY_JOURNAL_KEEP_HOURS: define({
    description:
      "How long journals are kept after they are in Postgres, for `npm run ledger:check`, in hours.",
    expected: "whole hours from 0 to 8760",
    schema: integer(0, 8_760).default(168),
    fallback: "168",
  }),
  RELAY_METERING: define({
    description:
      "off counts nothing and bills nothing: no journal, no request log. For measuring what metering costs.",
    expected: "on or off",
    schema: z.enum(["on", "off"]).default("on"),
    fallback: "on",
  }),
  METER_PUSH_SECONDS: define({
    description:
      "How often usage is reported to Stripe, in seconds; near the end of a billing period at least every minute.",
    expected: "whole seconds from 5 to 86400",
    schema: integer(5, 86_400).default(300),
    fallback: "300",
  }),
} as const satisfies Record<string, EnvVariable>;
