import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { directNetwork } from "../network/network.ts";
import { Repository } from "./repository.ts";
import { createRestic } from "./restic.ts";

const bucket = {
  endpoint: "https://r2.example",
  name: "b",
  prefix: "hubs/1",
  accessKeyId: "k",
  secretAccessKey: "a-secret-key",
};
const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** A repository whose program says `line` and goes on trying, `times` times; then it does what it should. */
async function withProgram(line: string, times: number) {
  const folder = await mkdtemp(join(tmpdir(), "hotspot-repository-"));
  folders.push(folder);
  const program = join(folder, "restic");
  const starts = join(folder, "starts");
  await writeFile(starts, "");
  await writeFile(
    program,
    `#!/bin/sh\necho >>${starts}\n[ $(wc -l <${starts}) -gt ${times} ] && exit 0\necho '${line}' >&2\nexec sleep 60\n`,
  );
  await chmod(program, 0o755);
  const place = { program, version: "0.14.0", cacheDir: folder, env: { PATH: process.env.PATH } };
  const tool = createRestic({ ...place, network: directNetwork, trustedFile: null });
  const repository = new Repository(
    tool,
    () => ({ bucket, password: "a-password" }),
    () => undefined,
  );
  return { repository, starts: async () => (await readFile(starts, "utf8")).length };
}

const retry = (file: string) =>
  `Load(<${file}/5582def7c9>, 0, 0) returned error, retrying after 552.330144ms: The specified key does not exist.`;

test("the lock of a run that ends while it is looked at is looked for again, and is no loss", async () => {
  const { repository, starts } = await withProgram(retry("lock"), 2);
  await repository.check();
  expect(await starts()).toBe(3);
});

test("anything else that is gone is lost, and told at once", async () => {
  const { repository, starts } = await withProgram(retry("data"), 2);
  await expect(repository.check()).rejects.toMatchObject({ fault: "data_lost" });
  expect(await starts()).toBe(1);
});
