export { type AccessKeyQuery, findAccessKeyByHash, touchAccessKeys } from "./find.ts";
