export { listRequests } from "./list.ts";
export { type RequestRow, recordRequests } from "./record.ts";
