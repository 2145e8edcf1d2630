export { apiDocsHtml } from "./docs-page.ts";
export { openApiDocument } from "./document.ts";
export { createRestHandler, type RequestIdentity, type RestHandler, type RestOptions } from "./handler.ts";
export { restRoutes } from "./routes.ts";
