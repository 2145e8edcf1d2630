export { addDomain } from "./add.ts";
export type { CertificateOffice, DomainDeps } from "./deps.ts";
export { listDomains } from "./list.ts";
export { noteCertificate } from "./note-certificate.ts";
export { removeDomain } from "./remove.ts";
export { createResolver, type DomainResolver } from "./resolver.ts";
export { findSlugOfHost } from "./route.ts";
export { domainChecksTask } from "./task.ts";
export { verifyDomain } from "./verify.ts";
