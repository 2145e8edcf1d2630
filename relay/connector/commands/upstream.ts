import { detectUpstreams, type Found } from "../detect/detect.ts";
import { usageError } from "../exit.ts";
import { parseUpstream, type UpstreamTarget, UpstreamUrlError } from "../upstream/target.ts";

interface UpstreamChoice {
  to: string | null;
  insecureUpstream: boolean;
  /** PEM certificates for an https upstream; null: those the runtime trusts. */
  trusted?: readonly string[] | null;
}

/**
 * The upstream that was asked for, or the one found on this machine.
 * @throws ExitError usage
 */
export async function chooseUpstream(
  options: UpstreamChoice,
  note: (message: string) => void,
  detect: () => Promise<Found[]> = detectUpstreams,
): Promise<UpstreamTarget> {
  if (options.to !== null) return readUpstream(options.to, options);
  const found = await detect();
  const chosen = found[0];
  if (chosen === undefined) {
    throw usageError(
      "No --to, and neither Ollama (11434), LM Studio (1234), vLLM (8000) nor llama.cpp (8080) answers on this machine. " +
        "Start one of them, or say where to forward: --to http://127.0.0.1:8080.",
    );
  }
  note(`Found ${chosen.name} at ${chosen.url}.`);
  const others = found.slice(1).map(({ name, url }) => `${name} (--to ${url})`);
  if (others.length > 0) note(`Also here: ${others.join(", ")}. Forwarding to ${chosen.name}.`);
  return readUpstream(chosen.url, options);
}

function readUpstream(to: string, { insecureUpstream, trusted }: UpstreamChoice): UpstreamTarget {
  try {
    const target = parseUpstream(to, !insecureUpstream);
    return target.tls === null || !trusted ? target : { ...target, tls: { ...target.tls, trusted } };
  } catch (error) {
    if (error instanceof UpstreamUrlError) throw usageError(error.message);
    throw error;
  }
}
