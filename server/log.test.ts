import { describe, expect, it } from "vitest";
import { createLog } from "./log.ts";

function linesOf(write: (log: ReturnType<typeof createLog>) => void) {
  const lines: string[] = [];
  write(createLog({ process: "portal", level: "info" }, { write: (line: string) => void lines.push(line) }));
  return lines;
}

describe("createLog", () => {
  it("writes one JSON line with process, level and fields", () => {
    const [line] = linesOf((log) => log.child({ requestId: "r1" }).info({ status: 200 }, "request"));
    expect(JSON.parse(line!)).toMatchObject({
      process: "portal",
      level: "info",
      requestId: "r1",
      status: 200,
      msg: "request",
    });
  });

  it("removes secrets by key, at the top and below", () => {
    const lines = linesOf((log) => {
      log.info(
        { password: "hunter2", headers: { authorization: "Bearer hunter2", cookie: "a=hunter2" } },
        "x",
      );
      log.info(
        { req: { headers: { "x-api-key": "hunter2", "set-cookie": "hunter2" } }, token: "hunter2" },
        "x",
      );
      log.info({ "x-api-key": "hunter2", input: { licenseKey: "hunter2" } }, "x");
    });
    const lost = Object.assign(new Error("terminated"), { client: { secretKey: "hunter2" } });
    lines.push(...linesOf((log) => log.warn({ err: lost }, "x")));
    expect(lines).toHaveLength(4);
    expect(lines.join("")).not.toContain("hunter2");
    expect(lines.join("")).toContain("[secret]");
  });
});
