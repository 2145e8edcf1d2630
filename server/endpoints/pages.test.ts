import { describe, expect, test } from "vitest";
import { apiDocsHtml, openApiDocument, restRoutes } from "../trpc/rest/index.ts";
import { consolePageHtml } from "./console-page.ts";
import { publicUrlFor, slugOfHost } from "./public-url.ts";

describe("the public address of an endpoint", () => {
  const config = {
    endpointsBaseDomain: "example.com",
    endpointsPublicScheme: "https",
    endpointsPublicPort: null,
  } as const;
  test("leaves the scheme's own port out", () => {
    expect(publicUrlFor(config, "acme")).toBe("https://acme.example.com");
    expect(
      publicUrlFor({ ...config, endpointsPublicScheme: "http", endpointsPublicPort: 8789 }, "acme"),
    ).toBe("http://acme.example.com:8789");
  });

  test.each([
    ["acme.example.com", "acme"],
    ["ACME.Example.Com:8789", "acme"],
    ["acme.example.com.", "acme"],
    ["acme.example.com.:443", "acme"],
    ["example.com", null],
    ["a.b.example.com", null],
    [".example.com", null],
    ["acme.example.com.evil.org", null],
    ["acmeexample.com", null],
    ["acme_1.example.com", null],
    ["-acme.example.com", null],
    ["acme.example.com:99999999", null],
    ["user@acme.example.com", null],
    ["127.0.0.1", null],
    ["[::1]:3000", null],
    ["", null],
    [undefined, null],
  ])("is named by the host %s: %s", (host, slug) => expect(slugOfHost(host, "example.com")).toBe(slug));
});

describe("the console page", () => {
  const input = {
    slug: "acme",
    publicBaseUrl: "https://acme.example.com",
    online: true,
    connectors: 2,
    portalUrl: "https://portal.example.org",
  };

  test("says how to call the endpoint and whether it is up", () => {
    const html = consolePageHtml(input);
    expect(html).toContain("online, 2 connectors");
    expect(html).toContain("curl https://acme.example.com/v1/models");
    expect(consolePageHtml({ ...input, online: false, connectors: 0 })).toContain("offline");
  });

  test("loads nothing, runs nothing and escapes what it is given", () => {
    const html = consolePageHtml({
      ...input,
      slug: `"><script>alert(1)</script>`,
      publicBaseUrl: `https://x/'"<b>`,
    });
    expect(html).not.toMatch(/<script|<link|<img|@import|url\(/i);
    expect(html).not.toContain("<b>");
  });
});

describe("the API document and its page", () => {
  const document = openApiDocument({ portalUrl: "https://portal.example.org" });

  test("hold every route of the router", () => {
    const documented = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
      Object.keys(item as object).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const routes = restRoutes.map(({ method, path }) => `${method} ${path}`);
    // A file, not a procedure: it is streamed.
    expect(documented.sort()).toEqual([...routes, "GET /api/usage/export"].sort());
    expect(document.openapi).toBe("3.1.0");
  });

  test("describe one form of error for every route", () => {
    for (const item of Object.values(document.paths ?? {})) {
      for (const operation of Object.values(item as Record<string, { responses: Record<string, unknown> }>)) {
        for (const [status, response] of Object.entries(operation.responses)) {
          if (Number(status) < 400) continue;
          expect(response).toMatchObject({
            content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
          });
        }
      }
    }
  });

  test("page shows each route with a curl line, and loads nothing", () => {
    const html = apiDocsHtml(document);
    for (const { path } of restRoutes) expect(html).toContain(`</b> ${path}</code>`);
    expect(html).toContain("curl -X POST &#39;https://portal.example.org/api/endpoints/register&#39;");
    expect(html).toContain("licenseKey");
    expect(html).not.toMatch(/<script|<link|<img|@import|url\(/i);
  });

  test("page escapes the document it is made from", () => {
    const hostile = {
      ...document,
      info: { title: "<script>x</script>", version: "1", description: "<img src=x>" },
    };
    expect(apiDocsHtml(hostile)).not.toMatch(/<script|<img/);
  });
});
