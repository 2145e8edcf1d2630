export { createCloudflareZone } from "./cloudflare.ts";
export { createDnsWriter } from "./dns-writer.ts";
export { createCertificateOffice } from "./office.ts";
export { certificatesTask, wakeCertificates } from "./task.ts";
