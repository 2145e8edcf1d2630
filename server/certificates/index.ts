export { findChallenges } from "./challenge.ts";
export { loadCertificates } from "./load.ts";
