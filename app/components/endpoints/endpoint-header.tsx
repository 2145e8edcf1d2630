import { NavLink } from "@remix-run/react";
import { Notice } from "~/components/ui/notice.tsx";
import type { EndpointStatus } from "~/lib/api-types.ts";
import { classNames } from "~/lib/class-names.ts";
import { paths } from "~/lib/paths.ts";
import type { LiveState } from "~/lib/use-live-endpoint.ts";
import { EndpointBadge } from "./endpoint-badge.tsx";
import { PublicAddress } from "./public-address.tsx";

interface EndpointHeaderProps {
  slug: string;
  publicBaseUrl: string;
  status: EndpointStatus;
  online: boolean;
  state: LiveState;
}

/** What an endpoint is and how it is, above all of its pages. */
export function EndpointHeader({ slug, publicBaseUrl, status, online, state }: EndpointHeaderProps) {
  const tabs = [
    { to: paths.endpoint(slug), label: "Overview" },
    { to: paths.endpointRequests(slug), label: "Requests" },
    { to: paths.endpointTry(slug), label: "Try it" },
    { to: paths.endpointKeys(slug), label: "Keys" },
    { to: paths.endpointDomains(slug), label: "Domains" },
    { to: paths.endpointTcp(slug), label: "TCP" },
    { to: paths.endpointSettings(slug), label: "Settings" },
  ];
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <h1 className="text-[1.733rem] break-all">{slug}</h1>
        <span role="status">
          <EndpointBadge status={status} online={online} />
        </span>
      </div>
      <PublicAddress url={publicBaseUrl} />
      <div className="grid gap-3 empty:hidden [&:not(:empty)]:mt-4">
        <Standing status={status} state={state} />
      </div>
      <nav
        aria-label={`Pages of ${slug}`}
        className="mt-5 flex overflow-x-auto border-b border-line sm:gap-1"
      >
        {tabs.map((tab) => (
          <NavLink
            key={tab.to}
            to={tab.to}
            end
            className={({ isActive }) =>
              classNames(
                "-mb-px shrink-0 border-b-2 px-2 py-2 text-[0.933rem] focus-visible:-outline-offset-2 sm:px-3 sm:text-[1rem]",
                isActive ? "border-hot text-ink" : "border-transparent text-mute hover:text-ink",
              )
            }
          >
            {tab.label}
          </NavLink>
        ))}
      </nav>
    </>
  );
}

function Standing({ status, state }: { status: EndpointStatus; state: LiveState }) {
  return (
    <>
      {status === "suspended" ? (
        <Notice tone="bad" title="This endpoint is suspended">
          Its address answers 403 until the people who run this service lift it. Write to them if you do not
          know why.
        </Notice>
      ) : null}
      {status === "unpaid" ? (
        <Notice tone="bad" title="There is an unpaid invoice">
          The address answers 402 until it is paid. Connectors stay connected.
        </Notice>
      ) : null}
      {state === "lost" ? (
        <Notice tone="warn" title="This page is not up to date">
          The portal does not answer it just now; requests to your endpoint do not go through the portal.
          Trying again. If this stays, reload the page.
        </Notice>
      ) : null}
    </>
  );
}
