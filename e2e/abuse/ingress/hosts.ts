import { describe, expect, test } from "vitest";
import { fieldValues, RawHttp } from "../../fixtures/raw-http.ts";
import { until } from "../../fixtures/until.ts";
import type { Lab } from "../../tunnel/lab.ts";

/** One reading of the host name everywhere: routing, forwarding fields and the request log. */
export function hosts(lab: Lab): void {
  const ask = async (lines: string[]) => {
    const http = await RawHttp.open(lab.port);
    http.request(lines);
    const answer = await http.response();
    http.close();
    return answer;
  };

  describe("host names", () => {
    test("spellings of one name are one endpoint: at the upstream, in the forwarding fields and in the log", async () => {
      lab.upstream.on("/who", (_req, res) => res.end("mine"));
      const { slug, endpointId } = lab.tenant;
      const spellings = [
        `${slug}.localhost`,
        `${slug}.localhost:${lab.port}`,
        `${slug.toUpperCase()}.LocalHost:${lab.port}`,
        `${slug}.localhost.`,
        `${slug}.localhost.:1`,
      ];
      const ids: string[] = [];
      for (const spelling of spellings) {
        const answer = await ask(["GET /who HTTP/1.1", `Host: ${spelling}`]);
        expect([spelling, answer.body.toString()]).toEqual([spelling, "mine"]);
        ids.push(fieldValues(answer, "hotspot-request-id")[0]!);
      }
      // The target's authority is the host; another one beside it is refused (corpus).
      const absolute = await ask([`GET http://${slug}.localhost/who HTTP/1.1`, `Host: ${slug}.localhost`]);
      expect(absolute.body.toString()).toBe("mine");
      expect(lab.upstream.seenAt("/who")).toHaveLength(spellings.length + 1);
      for (const seen of lab.upstream.seenAt("/who")) {
        expect(seen.target).toBe("/who");
        const values = (name: string) =>
          seen.fields.filter(([field]) => field.toLowerCase() === name).map(([, value]) => value);
        expect(values("host")).toHaveLength(1);
        const [forwarded] = values("x-forwarded-host");
        expect(forwarded?.toLowerCase()).toContain(`${slug}.localhost`);
        expect(values("forwarded")[0]).toContain(`host="${forwarded}"`);
      }
      await until(async () => {
        const rows = await lab.world.db
          .selectFrom("request_log")
          .select("endpoint_id")
          .where("id", "in", ids)
          .execute();
        expect(rows.map((row) => row.endpoint_id)).toEqual(ids.map(() => endpointId));
      });
    });

    test("what is not one clear name is refused, and no upstream hears of it", async () => {
      const { slug } = lab.tenant;
      const names = [
        `user@${slug}.localhost`,
        `${slug}.localhost:80:80`,
        `${slug}.localhost:99999999`,
        `${slug}.localhost:-1`,
        `${slug}..localhost`,
        `.${slug}.localhost`,
        `${slug}.localhost/`,
        `${slug}.localhost?x`,
        `${slug}_.localhost`,
        `${slug}%2elocalhost`,
        `${slug}.localhost, other.localhost`,
        `${slug}.localhost other`,
        `x.${slug}.localhost`,
        `${slug}.localhost.evil.example`,
        `${slug}localhost`,
        `xn--${slug}.localhost`,
        "127.0.0.1",
        "[::1]",
        "[::1",
        "0x7f.1",
        "",
        `${slug}.lοcalhost`,
        `${"a".repeat(64)}.localhost`,
        `${slug}.${"a".repeat(300)}`,
      ];
      for (const name of names) {
        const answer = await ask(["GET /confused HTTP/1.1", `Host: ${name}`]);
        expect([name, [302, 400, 404, 421].includes(answer.status)]).toEqual([name, true]);
        expect(fieldValues(answer, "location").join("")).not.toContain("evil");
      }
      for (const upstream of [lab.upstream, lab.otherUpstream])
        expect(upstream.seenAt("/confused")).toEqual([]);
    });
  });
}
