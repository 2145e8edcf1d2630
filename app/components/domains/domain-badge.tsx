import { Badge } from "~/components/ui/badge.tsx";
import type { Domain } from "~/lib/api-types.ts";

const looks = {
  pending: { tone: "warn", words: "waits for DNS" },
  verified: { tone: "warn", words: "proven, leads elsewhere" },
  issuing: { tone: "warn", words: "certificate ordered" },
  active: { tone: "ok", words: "active" },
  failed: { tone: "bad", words: "failed" },
  lapsed: { tone: "bad", words: "lapsed, not served" },
} as const satisfies Record<Domain["state"], { tone: string; words: string }>;

export function DomainBadge({ state }: { state: Domain["state"] }) {
  const { tone, words } = looks[state];
  return <Badge tone={tone}>{words}</Badge>;
}
