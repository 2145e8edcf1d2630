import type { FetcherWithComponents } from "@remix-run/react";
import { useState } from "react";
import { useReply } from "./use-reply.ts";

/** A secret taken from a fetcher's answer, until the person has put it away. It is in memory only. */
export function useSecretReply<Data>(
  fetcher: FetcherWithComponents<Data>,
  read: (data: NonNullable<Data>) => string | null,
): { secret: string | null; forget: () => void } {
  const [secret, setSecret] = useState<string | null>(null);
  useReply(fetcher, (data) => setSecret(read(data)));
  return { secret, forget: () => setSecret(null) };
}
