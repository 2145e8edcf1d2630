export { apiDocsHtml } from "./docs-page.ts";
export { openApiDocument } from "./document.ts";
export { createRestHandler, type RequestIdentity, type RestHandler, type RestOptions } from "./handler.ts";
export { allowedMethods, restRoutes } from "./routes.ts";
