import { expect, it } from "vitest";
import type { LinkRoom } from "../link/link-room.ts";
import { RequestLog } from "../metering/request-log.ts";
import { createMetrics, renderDurations } from "./metrics.ts";

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

it("shows what was counted, in Prometheus' text form", async () => {
  const requestLog = new RequestLog({ relayId: "r", record: async () => 0, touch: async () => 0, log });
  const room = {
    counts: {
      accepted: 3,
      refused: new Map([["connector_token_expired", 2]]),
      ended: new Map([["drain", 1]]),
    },
    totals: { links: 2, connectors: 1, streams: 7 },
  } as unknown as LinkRoom;
  requestLog.totals.add({
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
    queueMs: 0,
    upstreamMs: 0,
    clientAddress: "192.0.2.1",
    errorCode: "endpoint_not_found",
    clientAborted: false,
    usage: null,
  });
  const registry = createMetrics({ room, requestLog, edge: () => ({ badRequests: 4 }) });
  for (let scrape = 0; scrape < 2; scrape++) {
    const text = (await registry.metrics()) + renderDurations(requestLog);
    for (const line of [
      'hotspot_requests_total{status="4xx"} 1',
      'hotspot_request_errors_total{code="endpoint_not_found"} 1',
      'hotspot_request_body_bytes_total{direction="out"} 20',
      "hotspot_links_accepted_total 3",
      'hotspot_links_refused_total{code="connector_token_expired"} 2',
      'hotspot_links_ended_total{code="drain"} 1',
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
