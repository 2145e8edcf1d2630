// Which room may import from which: the table of the house. Tests may import more than the code beside them.
const OURS = "^(app|server|relay|db|emails|e2e)/";
const TESTS = "(\\.test\\.tsx?|/testing/.*|/testing\\.ts)$";
/** The files directly in server/: errors, log, secrets and the like, for every room of the server. */
const SERVER_BASICS = "^server/[^/]+\\.tsx?$";
const DOMAIN = "^server/(?!portal/|trpc/|dev/|auth/|mail/|jobs/)[^/]+/";

/** Files matching `from` import from our own code only what matches one of `to`. */
function only(name, from, to, options = {}) {
  return {
    name,
    severity: "error",
    ...(options.comment ? { comment: options.comment } : {}),
    from: { path: from, pathNot: [TESTS, ...(options.except ?? [])] },
    to: { path: OURS, pathNot: to, ...(options.to ?? {}) },
  };
}

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: "no-circles",
      severity: "error",
      comment: "Two files that need each other are one thing, or need a third. Types may point back.",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    only("app-itself", "^app/", ["^app/"], {
      comment: "A server import in the app can reach the browser; instances come by the load context.",
      to: { dependencyTypesNot: ["type-only"] },
    }),
    only("app-types", "^app/", ["^app/", "^server/"], {
      comment: "Types of the server are fine, no others.",
    }),
    {
      name: "components-from-props",
      severity: "error",
      comment: "A component does not know the page that shows it.",
      from: { path: "^app/(components|lib|bridge)/" },
      to: { path: "^app/routes/" },
    },
    only("portal", "^server/portal/", ["^server/(?!dev/)", "^db/", "^app/bridge/"]),
    only("trpc", "^server/trpc/", [
      "^server/trpc/",
      SERVER_BASICS,
      "^server/[^/]+/(index|schemas)\\.ts$",
      "^db/(client\\.ts|schema/)",
    ]),
    {
      ...only("domains", `${DOMAIN}.+`, [
        "^server/$1/",
        SERVER_BASICS,
        "^server/(?!portal/|trpc/|dev/)[^/]+/(index|schemas)\\.ts$",
        // What a name is, every domain knows.
        "^server/endpoints/slug\\.ts$",
        "^db/(client\\.ts|schema/)",
      ]),
      from: {
        path: "^server/(?!portal/|trpc/|dev/|mail/)([^/]+)/.+",
        pathNot: [TESTS],
      },
      comment: "A domain meets another one through its index.ts.",
    },
    only("mail", "^server/mail/", ["^server/mail/", SERVER_BASICS, "^emails/index\\.ts$", "^db/"]),
    only("server-basics", SERVER_BASICS, [SERVER_BASICS, "^db/(client\\.ts|schema/)"]),
    only("relay-main", "^relay/[^/]+$", [
      "^relay/(?!connector/)",
      "^server/(?!portal|trpc|dev|auth|mail)",
      "^db/",
    ]),
    only(
      "relay-routes",
      "^relay/(routes|metering|feed)/",
      [
        "^relay/(routes|metering|feed|protocol|direct)/",
        "^relay/env\\.ts$",
        SERVER_BASICS,
        "^server/(?!portal/|trpc/|dev/|auth/|mail/)[^/]+/index\\.ts$",
        "^db/(client\\.ts|schema/)",
      ],
      { to: { dependencyTypesNot: ["type-only"] } },
    ),
    only(
      "relay-path",
      "^relay/(edge|link|tcp|cluster)/",
      [
        "^relay/(edge|link|tcp|cluster|protocol|routes|metering|tls)/",
        "^relay/env\\.ts$",
        "^server/(errors|log|secrets)\\.ts$",
      ],
      {
        comment: "A byte in flight never waits for a database: what needs one is handed in.",
        to: { dependencyTypesNot: ["type-only"] },
      },
    ),
    only("relay-tls", "^relay/tls/", ["^relay/tls/", "^relay/routes/tunnel\\.ts$"]),
    only("relay-admin", "^relay/admin/", ["^relay/(?!connector/)", SERVER_BASICS]),
    only("relay-direct", "^relay/direct/", [
      "^relay/(direct|protocol)/",
      "^relay/connector/upstream/",
      "^relay/routes/tunnel\\.ts$",
    ]),
    only("relay-protocol", "^relay/protocol/", ["^relay/protocol/"], {
      comment: "Runs on Bun, on Node and in a test, the same.",
    }),
    only("connector", "^relay/connector/", ["^relay/(connector|protocol)/"], {
      comment: "Ships without a server.",
    }),
    only("db", "^db/", ["^db/"]),
    only("emails", "^emails/", ["^emails/"]),
    only("e2e", "^e2e/", ["^e2e/", "^db/", "^relay/protocol/", "^server/dev/(processes|local)/"], {
      comment: "A test that imports the inside stops being end to end.",
    }),
    {
      name: "nobody-needs-dev",
      severity: "error",
      comment: "What runs a clone is not part of the product.",
      from: { path: OURS, pathNot: "^(server/dev|e2e)/" },
      to: { path: "^server/dev/" },
    },
    {
      name: "tests-stay-tests",
      severity: "error",
      from: { path: OURS, pathNot: [TESTS, "^e2e/"] },
      to: { path: TESTS },
    },
    {
      name: "resolvable",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: ["^bun(:|$)"] },
    },
    {
      name: "listed",
      severity: "error",
      comment: "What runs in production is among the dependencies, not the development ones.",
      from: {
        path: "^(app|server|relay|db|emails)/",
        pathNot: [TESTS, "^server/dev/", "/global-setup\\.ts$"],
      },
      to: {
        dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"],
        dependencyTypesNot: ["type-only"],
      },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
      extensions: [".ts", ".tsx", ".mjs", ".js", ".json"],
    },
    builtInModules: { add: ["bun"] },
  },
};
