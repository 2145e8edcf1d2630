export { decodeCursor, encodeCursor, type RequestCursor } from "./cursor.ts";
export { REQUEST_LINE_COLUMNS } from "./line-columns.ts";
export { listRequests } from "./list.ts";
export { purgeRequests, type RequestArchive } from "./purge.ts";
export { copyRequestLines, type RequestRow, recordRequests } from "./record.ts";
export { RequestTiming, timingOf } from "./timing.ts";
