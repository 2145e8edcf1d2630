import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { FeedState } from "../feed/usage-feed.ts";
import type { LinkRoom } from "../link/link-room.ts";
import type { Metering } from "../metering/metering.ts";
import { DURATION_BUCKETS_MS, type Totals } from "../metering/totals.ts";
import type { TcpRoom } from "../tcp/tcp-room.ts";
import type { Tls } from "../tls/start.ts";

export interface MetricsSources {
  /** null: no TLS here. */
  tls: Tls | null;
  room: LinkRoom;
  metering: Pick<Metering, "meter" | "state">;
  /** Counters of the edge, by name. */
  edge(): Readonly<Record<string, number>>;
  /** null: there are no TCP tunnels. */
  tcp?: Pick<TcpRoom, "totals"> | null;
  /** null: usage is reported to nobody. */
  feed(): { state(): FeedState } | null;
}

const meteringCounters = [
  [
    "hotspot_usage_damaged_records_total",
    "Usage records that could not be read back or taken over.",
    "damaged",
  ],
  ["hotspot_usage_dropped_records_total", "Usage records lost: disk and memory were full.", "dropped"],
  ["hotspot_usage_journal_write_errors_total", "Errors of the disk under the usage journal.", "writeErrors"],
  [
    "hotspot_usage_hand_over_failures_total",
    "Failed hand-overs of usage to Postgres; each is tried again.",
    "handOverFailures",
  ],
] as const;
const meteringGauges = [
  ["hotspot_usage_journal_bytes", "Bytes of this process's usage journal on the disk.", "journalBytes"],
  ["hotspot_usage_waiting_records", "Usage records not yet in Postgres.", "waiting"],
  ["hotspot_usage_oldest_waiting_seconds", "How long the oldest of them has waited.", "oldestSeconds"],
] as const;
const tcpGauges = [
  ["hotspot_tcp_ports", "Ports of TCP tunnels that are open.", "ports"],
  ["hotspot_tcp_blocked_ports", "Ports of TCP tunnels that could not be opened.", "blocked"],
  ["hotspot_tcp_connections", "Connections to TCP tunnels.", "connections"],
] as const;
const feedCounters = [
  ["hotspot_meter_pushes_total", "Reports of usage that Stripe took.", "sent"],
  ["hotspot_meter_pushes_rejected_total", "Reports of usage that Stripe refused.", "rejected"],
  ["hotspot_meter_pushes_unsettled_total", "Reports of unknown outcome; each is repeated.", "unsettled"],
  ["hotspot_meter_push_failures_total", "Tenants, or rounds, whose usage could not be reported.", "failures"],
  ["hotspot_meter_periods_closed_total", "Billing periods whose invoice was seen to be final.", "closed"],
  ["hotspot_meter_carried_total", "Times that usage came too late for its invoice.", "carried"],
] as const;
const feedGauges = [
  [
    "hotspot_meter_oldest_unsettled_seconds",
    "Age of the oldest report of usage without a known outcome.",
    "oldestUnsettledSeconds",
  ],
  [
    "hotspot_meter_last_success_seconds",
    "Since usage was last reported for all tenants without a failure.",
    "lastSuccessSeconds",
  ],
] as const;

/** The relay's metrics. The path only adds numbers; this reads them when Prometheus asks. */
export function createMetrics({ room, metering, edge, tcp, tls, feed }: MetricsSources): Registry {
  const registry = new Registry();
  const registers = [registry];
  const { totals } = metering.meter;
  collectDefaultMetrics({ register: registry });

  const counter = (name: string, help: string, labels: readonly string[], read: (self: Counter) => void) =>
    new Counter({
      name,
      help,
      labelNames: [...labels],
      registers,
      collect() {
        this.reset();
        read(this);
      },
    });
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });

  if (tcp) {
    for (const [name, help, field] of tcpGauges) gauge(name, help, () => tcp.totals[field]);
    counter(
      "hotspot_tcp_refused_connections_total",
      "Connections to TCP tunnels refused for their number or rate.",
      [],
      (self) => self.inc(tcp.totals.refused),
    );
  }
  counter(
    "hotspot_requests_total",
    "Finished requests on tenant hosts, by status class.",
    ["status"],
    (self) => {
      totals.byStatusClass.forEach((count, digit) => {
        if (count > 0) self.inc({ status: `${digit}xx` }, count);
      });
    },
  );
  counter("hotspot_request_errors_total", "Answers of our own, by code.", ["code"], (self) => {
    for (const [code, count] of totals.byError) self.inc({ code }, count);
  });
  counter(
    "hotspot_model_requests_total",
    "Requests to models, by who told their tokens.",
    ["source"],
    (self) => {
      for (const [source, count] of totals.byUsageSource) self.inc({ source }, count);
    },
  );
  counter("hotspot_requests_aborted_total", "Requests whose client went away.", [], (self) =>
    self.inc(totals.aborted),
  );
  counter("hotspot_request_body_bytes_total", "Body bytes, by direction.", ["direction"], (self) => {
    self.inc({ direction: "in" }, totals.bytesIn);
    self.inc({ direction: "out" }, totals.bytesOut);
  });
  counter(
    "hotspot_request_part_seconds_total",
    "Time of finished requests: queue, tunnel (where connectors tell it), upstream, transfer.",
    ["part"],
    (self) => {
      const { durationMs, queueMs, tunnelMs, upstreamMs } = totals;
      const parts = {
        queue: queueMs,
        tunnel: tunnelMs,
        upstream: upstreamMs,
        transfer: durationMs - queueMs - tunnelMs - upstreamMs,
      };
      for (const [part, ms] of Object.entries(parts)) self.inc({ part }, Math.max(0, ms) / 1_000);
    },
  );
  counter("hotspot_links_accepted_total", "Links accepted.", [], (self) => self.inc(room.counts.accepted));
  counter("hotspot_links_refused_total", "Links refused, by code.", ["code"], (self) => {
    for (const [code, count] of room.counts.refused) self.inc({ code }, count);
  });
  counter(
    "hotspot_connector_token_reuses_total",
    "Links whose token another program was using.",
    [],
    (self) => self.inc(room.holders.reuses),
  );
  counter("hotspot_links_ended_total", "Links ended, by GOAWAY code.", ["code"], (self) => {
    for (const [code, count] of room.counts.ended) self.inc({ code }, count);
  });
  for (const [name, help, value] of meteringCounters) {
    counter(name, help, [], (self) => self.inc(metering.state()[value]));
  }
  for (const [name, help, value] of meteringGauges) gauge(name, help, () => metering.state()[value]);
  for (const [name, help, value] of feedCounters) {
    counter(name, help, [], (self) => self.inc(feed()?.state()[value] ?? 0));
  }
  for (const [name, help, value] of feedGauges) gauge(name, help, () => feed()?.state()[value] ?? 0);
  if (tls !== null) addTlsMetrics(tls, counter, registers);
  gauge("hotspot_links", "Open links.", () => room.totals.links);
  gauge("hotspot_connectors", "Connectors with an open link.", () => room.totals.connectors);
  gauge("hotspot_streams", "Open streams on links.", () => room.totals.streams);
  for (const name of Object.keys(edge())) {
    gauge(`hotspot_edge_${snakeCase(name)}`, `Edge: ${name}.`, () => edge()[name] ?? 0);
  }
  return registry;
}

function addTlsMetrics(
  { book, stats }: Tls,
  counter: (name: string, help: string, labels: readonly string[], read: (self: Counter) => void) => void,
  registers: Registry[],
): void {
  counter("hotspot_tls_handshakes_total", "TLS handshakes that led to a connection.", [], (self) =>
    self.inc(stats.handshakes),
  );
  counter("hotspot_tls_resumptions_total", "Of those, with a ticket of an earlier one.", [], (self) =>
    self.inc(stats.resumed),
  );
  counter("hotspot_tls_failures_total", "TLS handshakes that failed, by reason.", ["reason"], (self) => {
    for (const [reason, count] of stats.failures) self.inc({ reason }, count);
  });
  counter(
    "hotspot_tls_reload_failures_total",
    "Looks at certificates that found them unusable.",
    [],
    (self) => self.inc(stats.reloadFailures),
  );
  new Gauge({
    name: "hotspot_tls_certificate_expiry_seconds",
    help: "When each certificate ends, in seconds since 1970, by its first name.",
    labelNames: ["name"],
    registers,
    collect() {
      this.reset();
      for (const { names, notAfter } of book.all()) this.set({ name: names[0] }, notAfter.getTime() / 1_000);
    },
  });
}

/** The duration histogram in Prometheus' text form; prom-client has no way to set its buckets. */
export function renderDurations(totals: Totals): string {
  const name = "hotspot_request_duration_seconds";
  const lines = [
    `# HELP ${name} From the request head to the end of the answer.`,
    `# TYPE ${name} histogram`,
  ];
  let below = 0;
  DURATION_BUCKETS_MS.forEach((bound, i) => {
    below += totals.byDuration[i]!;
    lines.push(`${name}_bucket{le="${bound / 1000}"} ${below}`);
  });
  lines.push(`${name}_bucket{le="+Inf"} ${totals.requests}`);
  lines.push(`${name}_sum ${totals.durationMs / 1000}`, `${name}_count ${totals.requests}`);
  return `${lines.join("\n")}\n`;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
