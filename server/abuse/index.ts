export { reportAbuse } from "./report.ts";
