import { Archive, Globe, KeyRound, type LucideIcon, Waypoints } from "lucide-react";
import type { ReactNode } from "react";

interface WhatIsMadeProps {
  /** Null: not known here. */
  domain: string | null;
  /** What the tunnel of this hub leads to; null: of no hub in particular. */
  serviceUrl: string | null;
}

/** What switching a hub on makes at Cloudflare, and what each part is for. */
export function WhatIsMade({ domain, serviceUrl }: WhatIsMadeProps) {
  const service = serviceUrl ? <code>{serviceUrl}</code> : "the program you choose";
  return (
    <ul className="grid gap-3">
      <Part icon={Waypoints} title="A tunnel">
        From Cloudflare to {service} on the machine. It is opened from the inside: no port of yours is.
      </Part>
      <Part icon={Globe} title="A host name">
        {domain ? (
          <>
            Like <code className="break-all">your-name-1.{domain}</code>, with https.
          </>
        ) : (
          "With https, under a domain of this service."
        )}
      </Part>
      <Part icon={Archive} title="A bucket">
        For backups that are encrypted on the machine. All hubs of your account share it, each with a part of
        its own.
      </Part>
      <Part icon={KeyRound} title="A key">
        It opens that bucket and nothing else. The hub fetches it by itself.
      </Part>
    </ul>
  );
}

function Part({ icon: Icon, title, children }: { icon: LucideIcon; title: string; children: ReactNode }) {
  return (
    <li className="flex gap-3">
      <Icon className="mt-0.75 size-4.5 shrink-0 text-cold" aria-hidden="true" />
      <p className="min-w-0">
        <span className="font-medium">{title}.</span> <span className="text-mute">{children}</span>
      </p>
    </li>
  );
}
