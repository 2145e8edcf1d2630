export { createAccessKey } from "./create.ts";
export { type AccessKeyQuery, findAccessKeyByHash, touchAccessKeys } from "./find.ts";
export { listAccessKeys } from "./list.ts";
export { revokeAccessKey } from "./revoke.ts";
