export { createTenant } from "./create.ts";
export { getCurrentTenant } from "./current.ts";
export { findMembership, type Membership } from "./membership.ts";
export { requireGoodStanding } from "./standing.ts";
export { resumeTenant, suspendTenant } from "./suspend.ts";
