import { PortalError, PortalUnreachableError } from "../portal/errors.ts";
import type { HubPortalClient } from "../portal/hub-client.ts";
import { isFinal } from "./context.ts";
import type { HubSettings } from "./state.ts";

/** Between two tries while the portal is at it or away, unless it says when, ms. */
const RETRY_MS = 3_000;
const MAX_RETRY_MS = 30_000;

/** What the service gives a hub: tunnel, name, bucket and the password of the backups. */
export type Enrollment = Required<
  Pick<HubSettings, "hostname" | "tunnelId" | "tunnelToken" | "bucket" | "backupPassword">
>;

/**
 * Asks for all that this hub has; the portal makes what is missing.
 * @throws PortalError, PortalUnreachableError
 */
export async function fetchEnrollment(
  client: HubPortalClient,
  requestedSubdomain: string | null = null,
): Promise<Enrollment> {
  const enrolled = await client.enroll(requestedSubdomain);
  const { password, prefix } = await client.ownBackupPassword();
  return {
    hostname: enrolled.hostname,
    tunnelId: enrolled.tunnel_id,
    tunnelToken: enrolled.tunnel_token,
    bucket: {
      endpoint: enrolled.r2_endpoint,
      name: enrolled.r2_bucket,
      prefix,
      accessKeyId: enrolled.r2_access_key_id,
      secretAccessKey: enrolled.r2_secret_access_key,
    },
    backupPassword: password,
  };
}

/**
 * The first enrolment: goes on asking while the portal is at it, busy or away.
 *
 * @param note told of each new reason to wait, in words
 * @returns null when a stop was asked for meanwhile
 * @throws PortalError: refused, and would be again
 */
export async function waitForEnrollment(
  client: HubPortalClient,
  options: {
    requestedSubdomain: string | null;
    stopRequested: Promise<void>;
    note(message: string): void;
  },
): Promise<Enrollment | null> {
  const { requestedSubdomain, stopRequested, note } = options;
  let isStopped = false;
  const stopped = stopRequested.then(() => {
    isStopped = true;
    return null;
  });
  let lastNote = "";
  for (;;) {
    const asked = fetchEnrollment(client, requestedSubdomain).catch((error: unknown) => error as Error);
    const answer = await Promise.race([asked, stopped]);
    if (answer === null) return null;
    if (!(answer instanceof Error)) return answer;
    if (isFinal(answer) || !(answer instanceof PortalError || answer instanceof PortalUnreachableError)) {
      throw answer;
    }
    if (answer.message !== lastNote) note(`Waiting: ${answer.message}`);
    lastNote = answer.message;
    const wanted = answer instanceof PortalError ? answer.retryAfterMs : null;
    await pause(Math.min(wanted ?? RETRY_MS, MAX_RETRY_MS), stopped);
    if (isStopped) return null;
  }
}

async function pause(ms: number, stopped: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([
    stopped,
    new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    }),
  ]);
  clearTimeout(timer);
}
