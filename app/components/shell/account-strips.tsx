import { Link, useLocation } from "@remix-run/react";
import { FlaskConical } from "lucide-react";
import type { ReactNode } from "react";
import { HubStrip } from "~/components/hubs/hub-strip.tsx";
import type { AccountAlert } from "~/lib/account-alert.ts";
import type { TroubledHub } from "~/lib/api-types.ts";
import { paths } from "~/lib/paths.ts";
import { Strip, stripLine } from "./strip.tsx";

interface AccountStripsProps {
  alert: AccountAlert | null;
  /** Those that are degraded or in error. */
  hubs: readonly TroubledHub[];
  stripe: "off" | "stand_in" | "test" | "live";
}

/** Lines under the header, on every page of somebody who is signed in: what the account has to do, and play money. */
export function AccountStrips({ alert, hubs, stripe }: AccountStripsProps) {
  const { pathname } = useLocation();
  return (
    <>
      {stripe === "stand_in" ? (
        <PlayMoney>
          No Stripe key: this is a stand-in, no money moves. Test card{" "}
          <span className="font-mono text-[0.867rem] whitespace-nowrap text-ink">4242 4242 4242 4242</span>.
        </PlayMoney>
      ) : null}
      {stripe === "test" ? (
        <PlayMoney>Stripe runs in test mode here: no money moves, and only test cards are taken.</PlayMoney>
      ) : null}
      {/* The billing page says it itself, at length. */}
      {alert && !(alert.payable && pathname === paths.billing) ? <AlertStrip alert={alert} /> : null}
      <HubStrip hubs={hubs} />
    </>
  );
}

function PlayMoney({ children }: { children: ReactNode }) {
  return (
    <div className="border-b border-line bg-cold-wash text-mute">
      <p className={stripLine}>
        <FlaskConical className="mt-0.75 size-4 shrink-0 text-cold" aria-hidden="true" />
        <span>{children}</span>
      </p>
    </div>
  );
}

function AlertStrip({ alert }: { alert: AccountAlert }) {
  return (
    <Strip label="About your account" bad={alert.tone === "bad"}>
      {alert.text}
      {alert.payable ? (
        <>
          {" "}
          <Link to={paths.billing} className="link font-medium">
            Open billing
          </Link>
        </>
      ) : null}
    </Strip>
  );
}
