import { expect, it } from "vitest";
import { programsOf } from "./watch.ts";

it.each([
  ["app/routes/_index.tsx", ["portal"]],
  ["server/endpoints/register.ts", ["portal", "relay"]],
  ["server/portal/main.ts", ["portal"]],
  ["server/dev/cli.ts", []],
  ["server/endpoints/register.db.test.ts", []],
  ["relay/edge/parse.ts", ["relay"]],
  ["relay/protocol/frames.ts", ["relay", "connector"]],
  ["relay/connector/main.ts", ["connector"]],
  ["application/x.ts", []],
])("a change of %s restarts %j", (path, programs) => {
  expect(programsOf(path)).toEqual(programs);
});
