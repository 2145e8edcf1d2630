export { authenticateLicense, type LicenseIdentity } from "./authenticate.ts";
export { getLicense } from "./get.ts";
export { issueLicenseKey } from "./issue-key.ts";
export { lockActiveLicense } from "./lock.ts";
