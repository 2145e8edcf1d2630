import { apiKindOf } from "../../metering/llm/index.ts";
import { Framing } from "../../protocol/http1/index.ts";
import type { EdgeContext } from "../context.ts";
import type { EdgeRoute } from "../deps.ts";
import type { RequestFacts } from "../request-facts.ts";
import { MAX_GATHERED_BYTES } from "./body-gatherer.ts";
import { LlmTap, type TapHost } from "./llm-tap.ts";

/** The tap of a request to a model; null for every other request, which costs one look at its method, and at a POST's path. */
export function tapOf(
  edge: EdgeContext,
  route: EdgeRoute,
  facts: RequestFacts,
  host: TapHost,
): LlmTap | null {
  if (!facts.isPost || route.usageMode === "off" || facts.asksWebsocket) return null;
  const kind = apiKindOf("POST", facts.path());
  if (kind === null) return null;
  const { framing, contentLength, http10 } = facts;
  const streams = kind === "openai_chat" || kind === "openai_completions";
  const fits =
    framing === Framing.chunked ||
    (framing === Framing.length && contentLength > 0 && contentLength <= MAX_GATHERED_BYTES);
  return new LlmTap({
    kind,
    host,
    asks:
      streams &&
      fits &&
      route.usageMode === "ask" &&
      !edge.usageRefusals.has(route.endpointId, edge.coarseNow),
    expectsContinue: !http10 && facts.head().expectContinue,
    onRefused: () => {
      edge.stats.usageRefused++;
      edge.usageRefusals.add(route.endpointId, edge.now());
      edge.deps.log.info({ endpointId: route.endpointId }, "upstream refuses stream_options");
    },
    onUnreadable: () => {
      edge.stats.usageUnreadable++;
    },
  });
}
