import { Link, useLocation } from "@remix-run/react";
import { CircleAlert, FlaskConical, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { AccountAlert } from "~/lib/account-alert.ts";
import { classNames } from "~/lib/class-names.ts";
import { paths } from "~/lib/paths.ts";

interface AccountStripsProps {
  alert: AccountAlert | null;
  stripe: "off" | "stand_in" | "test" | "live";
}

const line = "mx-auto flex max-w-6xl items-start gap-2.5 px-4 py-2 text-[0.933rem] sm:px-6";

/** Lines under the header, on every page of somebody who is signed in: what the account has to do, and play money. */
export function AccountStrips({ alert, stripe }: AccountStripsProps) {
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
    </>
  );
}

function PlayMoney({ children }: { children: ReactNode }) {
  return (
    <div className="border-b border-line bg-cold-wash text-mute">
      <p className={line}>
        <FlaskConical className="mt-0.75 size-4 shrink-0 text-cold" aria-hidden="true" />
        <span>{children}</span>
      </p>
    </div>
  );
}

function AlertStrip({ alert }: { alert: AccountAlert }) {
  const bad = alert.tone === "bad";
  const Icon = bad ? CircleAlert : TriangleAlert;
  return (
    <section
      aria-label="About your account"
      className={classNames(
        "border-b",
        bad ? "border-bad-line bg-bad-wash" : "border-warn-line bg-warn-wash",
      )}
    >
      <p className={line}>
        <Icon
          className={classNames("mt-0.75 size-4 shrink-0", bad ? "text-bad" : "text-warn")}
          aria-hidden="true"
        />
        <span>
          {alert.text}
          {alert.payable ? (
            <>
              {" "}
              <Link to={paths.billing} className="link font-medium">
                Open billing
              </Link>
            </>
          ) : null}
        </span>
      </p>
    </section>
  );
}
