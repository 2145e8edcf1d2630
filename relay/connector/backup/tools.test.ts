import { describe, expect, test } from "vitest";
import { directNetwork } from "../network/network.ts";
import { type RepositoryAccess, resticRepository } from "./access.ts";
import { BackupPlan, DEFAULT_BACKUP } from "./plan.ts";
import { createRestic } from "./restic.ts";
import { createRustic } from "./rustic.ts";

const access: RepositoryAccess = {
  bucket: {
    endpoint: "https://account.r2.example/",
    name: "hotspot-bucket",
    prefix: "hubs/hub_1",
    accessKeyId: "the-key-id",
    secretAccessKey: "the-secret-key",
  },
  password: "the-password",
};
const env = {
  PATH: "/usr/bin",
  HOME: "/home/somebody",
  AWS_PROFILE: "of somebody",
  AWS_SESSION_TOKEN: "of somebody",
  RESTIC_PASSWORD_FILE: "/of/somebody",
  HOTSPOT_LICENSE_KEY: "hs_lic_secret",
};
const place = {
  ...{ program: "program", version: "1.0.0", cacheDir: "/cache", env },
  ...{ network: directNetwork, trustedFile: null },
};
const restic = createRestic(place);
const rustic = createRustic(place);
const plan = BackupPlan.parse({
  ...DEFAULT_BACKUP,
  paths: ["/srv/data"],
  exclude: ["*.tmp", "-x"],
  keepMonthly: 0,
});

test("the repository is in the hub's part of the bucket", () => {
  expect(resticRepository(access.bucket)).toBe(
    "s3:https://account.r2.example/hotspot-bucket/hubs/hub_1/restic",
  );
});

describe.each([restic, rustic])("$name", (tool) => {
  const calls = [
    tool.open(access),
    tool.init(access),
    tool.backup(access, ["/srv/data"], plan),
    tool.adopt(access),
    tool.forget(access, plan),
    tool.snapshots(access),
    tool.restore(access, "abc", "/to", []),
    tool.check(access),
  ];

  test("no secret is among the arguments, which everybody on the machine can list", () => {
    for (const { args } of calls) {
      for (const secret of ["the-password", "the-secret-key", "the-key-id"]) {
        expect(args.join(" ")).not.toContain(secret);
      }
    }
  });

  test("what is meant for other programs is not in its environment", () => {
    for (const call of calls) {
      expect(call.env).toMatchObject({ PATH: "/usr/bin", HOME: "/home/somebody" });
      expect(Object.values(call.env).join(" ")).not.toMatch(/of somebody|of\/somebody|hs_lic_secret/);
    }
  });

  test("paths stand behind --, where none can be an option", () => {
    const { args } = tool.backup(access, ["/srv/data", "/-f"], plan);
    expect(args.slice(args.indexOf("--"))).toEqual(["--", "/srv/data", "/-f"]);
  });

  test("only what is to be kept is said", () => {
    const { args } = tool.forget(access, plan);
    expect(args).toContain("--prune");
    expect(args.filter((arg) => arg.startsWith("--keep"))).toEqual(["--keep-daily=7", "--keep-weekly=4"]);
  });
});

test("restic: keys and password by environment, bucket by path, region auto", () => {
  const { args, env: given } = restic.backup(access, ["/srv/data"], plan);
  expect(args).toEqual([
    "backup",
    "--option=s3.bucket-lookup=path",
    "--json",
    "--exclude-caches",
    "--exclude=*.tmp",
    "--exclude=-x",
    "--",
    "/srv/data",
  ]);
  expect(given).toMatchObject({
    RESTIC_REPOSITORY: "s3:https://account.r2.example/hotspot-bucket/hubs/hub_1/restic",
    RESTIC_PASSWORD: "the-password",
    AWS_ACCESS_KEY_ID: "the-key-id",
    AWS_SECRET_ACCESS_KEY: "the-secret-key",
    AWS_DEFAULT_REGION: "auto",
  });
});

test("restic: a file that is restored alone is named, not matched", () => {
  const { args } = restic.restore(access, "abc", "/to", ["/srv/a[1]*.txt"]);
  expect(args).toContain("--include=/srv/a\\[1\\]\\*.txt");
});

test("rustic: the same repository by its own names", () => {
  const { args, env: given } = rustic.backup(access, ["/srv/data"], plan);
  expect(args).toEqual([
    "backup",
    "--json",
    "--exclude-if-present=CACHEDIR.TAG",
    "--glob=!*.tmp",
    "--glob=!-x",
    "--",
    "/srv/data",
  ]);
  expect(given).toMatchObject({
    RUSTIC_REPOSITORY: "opendal:s3",
    RUSTIC_PASSWORD: "the-password",
    OPENDAL_BUCKET: "hotspot-bucket",
    OPENDAL_ROOT: "/hubs/hub_1/restic",
    OPENDAL_REGION: "auto",
    OPENDAL_SECRET_ACCESS_KEY: "the-secret-key",
  });
});

describe("what restic prints", () => {
  test("progress", () => {
    const line = '{"message_type":"status","percent_done":0.25,"total_bytes":400,"bytes_done":100}';
    expect(restic.readEvent(line)).toEqual({ kind: "progress", fraction: 0.25, bytesDone: 100 });
  });

  test("its end", () => {
    const line =
      '{"message_type":"summary","data_added":5,"total_files_processed":2,"total_bytes_processed":30,"snapshot_id":"63476b04"}';
    expect(restic.readEvent(line)).toEqual({
      kind: "summary",
      summary: { snapshotId: "63476b04", files: 2, bytes: 30, addedBytes: 5 },
    });
  });

  test.each([
    ["up to 0.16", { Op: "open", Path: "/srv/x", Err: 13 }, "open failed"],
    ["since 0.17", { message: "open /srv/x: permission denied" }, "open /srv/x: permission denied"],
    ["without a reason", null, "unreadable"],
  ])("a file that it could not read, %s", (_version, error, reason) => {
    const line = JSON.stringify({ message_type: "error", error, during: "archival", item: "/srv/x" });
    expect(restic.readEvent(line)).toEqual({ kind: "unreadable", path: "/srv/x", reason });
  });

  test.each(["", "scan finished", "{half a line", '{"message_type":"verbose_status"}'])(
    "nothing of interest: %j",
    (line) => {
      expect(restic.readEvent(line)).toBeNull();
    },
  );

  test("snapshots, newest first; none is null to it", () => {
    const output = JSON.stringify([
      { id: "aa", time: "2026-11-20T10:00:00.5Z", paths: ["/a"] },
      {
        id: "bb",
        time: "2026-11-21T12:00:00+02:00",
        paths: ["/a"],
        summary: { total_files_processed: 1, total_bytes_processed: 9 },
      },
    ]);
    expect(restic.readSnapshots(output)).toEqual([
      { snapshotId: "bb", takenAt: "2026-11-21T10:00:00.000Z", paths: ["/a"], files: 1, bytes: 9 },
      { snapshotId: "aa", takenAt: "2026-11-20T10:00:00.500Z", paths: ["/a"], files: null, bytes: null },
    ]);
    expect(restic.readSnapshots("null")).toEqual([]);
  });

  test("files of a snapshot, without its folders", () => {
    expect(restic.readFile('{"name":"a","type":"file","path":"/a","size":3,"struct_type":"node"}')).toEqual({
      path: "/a",
      bytes: 3,
    });
    expect(restic.readFile('{"name":"d","type":"dir","path":"/d","struct_type":"node"}')).toBeNull();
  });
});

test("rustic: snapshots in groups, as pairs and as objects", () => {
  const snapshot = {
    id: "aa",
    time: "2026-11-20T10:00:00Z",
    paths: ["/a"],
    summary: { total_files_processed: 1, total_bytes_processed: 9 },
  };
  const read = { snapshotId: "aa", takenAt: "2026-11-20T10:00:00.000Z", paths: ["/a"], files: 1, bytes: 9 };
  expect(rustic.readSnapshots(JSON.stringify([[{ hostname: "h" }, [snapshot]]]))).toEqual([read]);
  expect(rustic.readSnapshots(JSON.stringify([{ group_key: {}, snapshots: [snapshot] }]))).toEqual([read]);
});
