export { releaseDevice } from "./release.ts";
