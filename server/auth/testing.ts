import type { Db } from "../../db/client.ts";
import type { Mail } from "../../emails/index.ts";
import { createLog } from "../log.ts";
import { createAuth } from "./auth.ts";
import { createEnsureTenant } from "./ensure-tenant.ts";
import { createAuthHandler } from "./handler.ts";
import { createKnownBrowsers } from "./known-browser.ts";
import { resolveSession } from "./session.ts";

const secret = "secret-of-auth-tests-0123456789abcdef";

/** Auth on a test database, with mail kept in memory. For tests only. */
export function startAuth(db: Db, portalUrl: string) {
  const mails: (Mail & { to: string })[] = [];
  const background = new Set<Promise<unknown>>();
  const log = createLog({ process: "portal", level: "silent" });
  const ensureTenant = createEnsureTenant(db);
  const auth = createAuth({
    db,
    log,
    portalUrl,
    secret,
    ensureTenant,
    mailer: {
      kind: "mailbox",
      async send(to, mail) {
        mails.push({ ...mail, to });
        return "sent";
      },
      close() {},
    },
    runInBackground(work) {
      background.add(work);
      void work.finally(() => background.delete(work));
    },
  });
  const knownBrowsers = createKnownBrowsers(secret, portalUrl.startsWith("https://"));
  const handler = createAuthHandler({ auth, db, log, knownBrowsers });
  const idle = async () => {
    while (background.size > 0) await Promise.all(background);
  };
  return {
    auth,
    portalUrl,
    mails,
    handler,
    idle,
    resolve: (headers: Headers) => resolveSession({ auth, db, ensureTenant }, headers),
    /** POST as a browser on the portal would. */
    post: (path: string, body: object, clientAddress: string, headers: Record<string, string> = {}) =>
      handler(
        new Request(`${portalUrl}/api/auth${path}`, {
          method: "POST",
          headers: { "content-type": "application/json", origin: portalUrl, ...headers },
          body: JSON.stringify(body),
        }),
        clientAddress,
      ),
    /** The token in the newest mail of a kind to an address. */
    async tokenMailedTo(
      to: string,
      kind: "verify_email" | "reset_password" = "verify_email",
    ): Promise<string> {
      await idle();
      const mail = mails.findLast((one) => one.to === to && one.kind === kind);
      if (!mail || !("url" in mail)) throw new Error(`no ${kind} was mailed to ${to}`);
      return new URL(mail.url).searchParams.get("token") ?? "";
    },
  };
}
