export { type ConsolePageInput, consolePageHtml } from "./console-page.ts";
export { findRoute, type Route } from "./route.ts";
