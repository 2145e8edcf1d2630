export { findChallenges } from "./challenge.ts";
export { createCloudflareZone } from "./cloudflare.ts";
export type { CertificateDeps } from "./deps.ts";
export { createDnsWriter } from "./dns-writer.ts";
export { loadCertificates } from "./load.ts";
export { createCertificateOffice } from "./office.ts";
export { certificatesTask, wakeCertificates } from "./task.ts";
