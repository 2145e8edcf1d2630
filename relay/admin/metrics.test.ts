import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { createTestEdge } from "../edge/testing/test-edge.ts";
import type { LinkRoom } from "../link/link-room.ts";
import { UsageMeter } from "../metering/usage-meter.ts";
import { createMetrics, renderDurations } from "./metrics.ts";

it("shows what was counted, in Prometheus' text form", async () => {
  const meter = new UsageMeter("r", null);
  const state = () => ({
    journalBytes: 8_388_608,
    waiting: 5,
    oldestSeconds: 1.5,
    damaged: 2,
    writeErrors: 3,
    dropped: 4,
    handOverFailures: 6,
  });
  const room = {
    counts: {
      accepted: 3,
      refused: new Map([["connector_token_expired", 2]]),
      ended: new Map([["drain", 1]]),
    },
    holders: { reuses: 2 },
    totals: { links: 2, connectors: 1, streams: 7 },
  } as unknown as LinkRoom;
  meter.totals.add({
    requestId: "req_1",
    tenantId: null,
    endpointId: null,
    slug: null,
    accessKeyId: null,
    connectorId: null,
    method: "GET",
    path: "/",
    status: 404,
    bytesIn: 1,
    bytesOut: 20,
    startedAt: 0,
    durationMs: 30,
    queueMs: 2,
    upstreamMs: 15,
    tunnelMs: 4,
    clientAddress: "192.0.2.1",
    errorCode: "endpoint_not_found",
    clientAborted: false,
    forwarded: true,
    usage: null,
  });
  const feedState = {
    sent: 11,
    rejected: 0,
    unsettled: 1,
    failures: 2,
    closed: 3,
    carried: 0,
    oldestUnsettledSeconds: 90,
    lastSuccessSeconds: 12,
  };
  const registry = createMetrics({
    room,
    metering: { meter, state },
    edge: () => ({ badRequests: 4 }),
    feed: () => ({ state: () => feedState }),
    tls: null,
  });
  for (let scrape = 0; scrape < 2; scrape++) {
    const text = (await registry.metrics()) + renderDurations(meter.totals);
    for (const line of [
      'hotspot_requests_total{status="4xx"} 1',
      'hotspot_request_errors_total{code="endpoint_not_found"} 1',
      'hotspot_request_body_bytes_total{direction="out"} 20',
      'hotspot_request_part_seconds_total{part="queue"} 0.002',
      'hotspot_request_part_seconds_total{part="tunnel"} 0.004',
      'hotspot_request_part_seconds_total{part="upstream"} 0.015',
      'hotspot_request_part_seconds_total{part="transfer"} 0.009',
      "hotspot_links_accepted_total 3",
      'hotspot_links_refused_total{code="connector_token_expired"} 2',
      'hotspot_links_ended_total{code="drain"} 1',
      "hotspot_usage_journal_bytes 8388608",
      "hotspot_usage_waiting_records 5",
      "hotspot_usage_oldest_waiting_seconds 1.5",
      "hotspot_usage_damaged_records_total 2",
      "hotspot_usage_journal_write_errors_total 3",
      "hotspot_usage_dropped_records_total 4",
      "hotspot_usage_hand_over_failures_total 6",
      "hotspot_meter_pushes_total 11",
      "hotspot_meter_push_failures_total 2",
      "hotspot_meter_oldest_unsettled_seconds 90",
      "hotspot_links 2",
      "hotspot_connectors 1",
      "hotspot_streams 7",
      "hotspot_edge_bad_requests 4",
      'hotspot_request_duration_seconds_bucket{le="0.025"} 0',
      'hotspot_request_duration_seconds_bucket{le="0.05"} 1',
      'hotspot_request_duration_seconds_bucket{le="+Inf"} 1',
      "hotspot_request_duration_seconds_sum 0.03",
    ]) {
      expect(text.split("\n")).toContain(line);
    }
  }
});

it("has every metric that the dashboard shows", async () => {
  const { edge } = createTestEdge();
  const registry = createMetrics({
    room: {
      counts: { accepted: 0, refused: new Map(), ended: new Map() },
      holders: { reuses: 0 },
      totals: {},
    },
    metering: { meter: new UsageMeter("r", null), state: () => ({}) },
    edge: () => ({ ...edge.stats }),
    tls: null,
    feed: () => null,
  } as unknown as Parameters<typeof createMetrics>[0]);
  const known = new Set(registry.getMetricsAsArray().map(({ name }) => name));
  known.add("hotspot_request_duration_seconds_bucket");
  const dashboard = await readFile(new URL("grafana.json", import.meta.url), "utf8");
  const shown = new Set(dashboard.match(/\b(?:hotspot|process|nodejs)_[a-z0-9_]+/g));
  expect(shown.size).toBeGreaterThan(20);
  expect([...shown].filter((name) => !known.has(name))).toEqual([]);
});
