export { type RequestRow, recordRequests } from "./record.ts";
