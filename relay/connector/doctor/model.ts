import * as z from "zod";
import { request } from "../network/http.ts";
import { directNetwork, Network } from "../network/network.ts";
import type { UpstreamTarget } from "../upstream/target.ts";
import { type Finding, fault, ok, skipped, warning } from "./finding.ts";

const ModelList = z.object({ data: z.array(z.object({ id: z.string() })).nullable() });
const TIMEOUT_MS = 5_000;

/** A model server has models, and the one that is asked for among them. */
export async function checkModel(target: UpstreamTarget, wanted: string | null): Promise<Finding> {
  const models = await listModels(target);
  if (models === null) {
    if (wanted === null) return skipped("model", "The upstream is no model server.");
    return fault("model", `${target.url} lists no models, so it cannot have ${wanted}.`, "Check --to.");
  }
  if (wanted === null) {
    if (models.length > 0) return ok("model", `The upstream has ${models.slice(0, 5).join(", ")}.`);
    return warning(
      "model",
      "The model server has no model.",
      "Load one, for example `ollama pull llama3.2`.",
    );
  }
  // Ollama knows `llama3.2` as `llama3.2:latest`.
  if (models.includes(wanted) || models.includes(`${wanted}:latest`))
    return ok("model", `The upstream has ${wanted}.`);
  return fault(
    "model",
    `The upstream has no model ${wanted}.`,
    models.length > 0 ? `It has ${models.slice(0, 10).join(", ")}.` : "It has none: load one first.",
  );
}

async function listModels(target: UpstreamTarget): Promise<string[] | null> {
  const network = target.tls?.trusted ? new Network(directNetwork.rules, target.tls.trusted) : directNetwork;
  const path = target.basePath.endsWith("/v1") ? "/models" : "/v1/models";
  try {
    const { text } = await request(`${target.url}${path}`, {
      method: "GET",
      headers: {},
      timeoutMs: TIMEOUT_MS,
      network,
    });
    const list = ModelList.safeParse(JSON.parse(text));
    return list.success ? (list.data.data ?? []).map(({ id }) => id) : null;
  } catch {
    // Not JSON, or no such page: no model server.
    return null;
  }
}
