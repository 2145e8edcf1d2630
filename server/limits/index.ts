export { addressKey } from "./address.ts";
export { createMemoryLimiter, createPostgresLimiter, type Limiter, purgeRateLimits } from "./limiter.ts";
export { type Door, type Limit, limits } from "./table.ts";
