import type { Db } from "../../db/client.ts";
import {
  certificatesTask,
  createCertificateOffice,
  createCloudflareZone,
  createDnsWriter,
  wakeCertificates,
} from "../acme/index.ts";
import type { ApiConfig } from "../config.ts";
import { createResolver, type DomainDeps, domainChecksTask, domainNoticesTask } from "../domains/index.ts";
import type { PortalEnv } from "../env.ts";
import type { Task } from "../jobs/index.ts";
import type { Logger } from "../log.ts";
import type { Mailer } from "../mail/index.ts";
import { createSealer } from "../sealing.ts";

/** What custom domains and certificates need of the portal, and the work that they bring. */
export function createDomains(given: {
  env: Pick<PortalEnv, "domains" | "certificates" | "endpoints" | "portalUrl">;
  db: Db;
  config: ApiConfig;
  mailer: Mailer;
  log: Logger;
}): { domains: DomainDeps; domainTasks: Task<object>[] } {
  const { env, db, config, mailer, log } = given;
  const notices = domainNoticesTask({ db, mailer, portalUrl: env.portalUrl, config });
  const { dnsServers } = env.domains;
  const resolver = createResolver(dnsServers);
  if (env.certificates.kind === "off") {
    const domains = { resolver, certificates: null };
    return { domains, domainTasks: [domainChecksTask({ db, deps: domains, config, log }), notices] };
  }
  const { directoryUrl, email, sealingKeys, cloudflare } = env.certificates;
  const domains = { resolver, certificates: createCertificateOffice(wakeCertificates) };
  const certificates = {
    db,
    sealer: createSealer(sealingKeys),
    acme: { directoryUrl, email },
    dns: cloudflare && createDnsWriter(createCloudflareZone(cloudflare), { dnsServers }),
    log,
  };
  return {
    domains,
    domainTasks: [
      domainChecksTask({ db, deps: domains, config, log }),
      certificatesTask(certificates, env.endpoints.baseDomain),
      notices,
    ],
  };
}
