// The classic compiler, so that one build serves Node and Bun. Where it writes is the caller's choice, because local
// runs keep one folder per state of the sources.
import { resolve } from "node:path";

const buildDir = resolve(process.env.HOTSPOT_BUILD_DIR || "node_modules/.cache/hotspot/build");

/** @type {import('@remix-run/dev').AppConfig} */
export default {
  appDirectory: "app",
  cacheDirectory: "node_modules/.cache/remix",
  serverModuleFormat: "esm",
  serverPlatform: "node",
  serverBuildPath: resolve(buildDir, "server.js"),
  assetsBuildDirectory: resolve(buildDir, "public/build"),
  publicPath: "/build/",
  postcss: true,
  tailwind: false,
  // Without this `foo.test.ts` becomes the page `/foo/test`.
  ignoredRouteFiles: ["**/.*", "**/*.test.{ts,tsx}", "**/*.css"],
  // `v3_routeConfig` is left out: it exists for the Vite compiler only.
  future: {
    v3_fetcherPersist: true,
    v3_relativeSplatPath: true,
    v3_throwAbortReason: true,
    v3_singleFetch: true,
    v3_lazyRouteDiscovery: true,
  },
};
