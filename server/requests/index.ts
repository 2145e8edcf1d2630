export { decodeCursor, encodeCursor, type RequestCursor } from "./cursor.ts";
export { listRequests } from "./list.ts";
export { purgeRequests, type RequestArchive } from "./purge.ts";
export { type RequestRow, recordRequests } from "./record.ts";
export { RequestTiming, timingOf } from "./timing.ts";
