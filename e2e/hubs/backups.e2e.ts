import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { CopyObjectCommand, DeleteObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../fixtures/until.ts";
import { createAsk } from "../standins/cloudflare/testing/api.ts";
import { createS3 } from "../standins/cloudflare/testing/bucket.ts";
import { BackupWorld, BUCKET, childrenOf, ended, hashesBelow } from "./backup-world.ts";

const MB = 1_000_000;
/** Three of the packs that restic uploads. */
const SOURCE_BYTES = 50 * MB;
const hasRestic = spawnSync("restic", ["version"]).status === 0;

if (!hasRestic) console.warn("backups are not tested: restic is not installed (`apt install restic`)");

describe.skipIf(!hasRestic)("backups with restic into a bucket", () => {
  let world: BackupWorld;
  beforeAll(async () => {
    world = await BackupWorld.start({ uploadBytesPerSecond: 40 * MB });
    await Promise.all([world.fill(SOURCE_BYTES), world.writeHub()]);
  });
  afterAll(() => world.stop());
  const sum = (objects: { size: number }[]) => objects.reduce((total, { size }) => total + size, 0);
  /** One pack has arrived whole. */
  const stored = (hubId?: string) =>
    until(() => expect(sum(world.objects("data", hubId))).toBeGreaterThan(10 * MB), 30_000, 5);
  const backup = (...args: string[]) => ["backup", world.source, "--backup-exclude", "*.tmp", ...args];

  test("killed in the middle and run again, it uploads what is missing, and frees the lock of the dead only", async () => {
    const first = world.spawn(backup());
    await stored();
    world.forwarder.hold();
    const [restic] = await childrenOf(first.pid);
    expect(restic!.commandLine).toMatch(/^restic backup /);
    for (const secret of [world.key.secretAccessKey, world.key.accessKeyId, "password-of-this-hub"]) {
      expect(restic!.commandLine).not.toContain(secret);
    }

    // Another run beside it, past the forwarder, leaves the lock of the living alone.
    const [lock] = world.objects("locks");
    const direct = { hubId: "hub", endpoint: world.standIn.r2Endpoint };
    await world.writeHub(direct);
    const beside = await world.run(["backup", join(world.source, "deep")]);
    expect(beside).toMatchObject({ code: 0 });
    expect(world.objects("locks")).toEqual([lock]);
    await world.writeHub();

    first.kill("SIGKILL");
    await first.exited;
    await until(() => expect(existsSync(`/proc/${restic!.pid}`)).toBe(false));
    world.forwarder.cut();
    const storedBytes = sum(world.objects("data"));
    const before = world.forwarder.bytesUp;

    const second = await world.run(backup("--json"));
    expect(second).toMatchObject({ code: 0 });
    const events = second.stdout.split("\n").map((line) => JSON.parse(line));
    expect(events.at(-1)).toMatchObject({ event: "backup", files: 9, warning: null });
    expect(events.some(({ event, fraction }) => event === "progress" && fraction > 0 && fraction <= 1)).toBe(
      true,
    );
    expect(world.forwarder.bytesUp - before).toBeLessThan(SOURCE_BYTES - storedBytes + 2 * MB);
    expect(world.objects("locks")).toEqual([]);
  });

  test("what is restored is what was backed up, and no folder with something in it is written over", async () => {
    const to = join(world.dir, "restored");
    expect(await world.run(["restore", "latest", "--to", to])).toMatchObject({ code: 0 });
    const { "left-out.tmp": leftOut, ...wanted } = await hashesBelow(world.source);
    expect(leftOut).toBeDefined();
    expect(await hashesBelow(join(to, world.source))).toEqual(wanted);

    const again = await world.run(["restore", "latest", "--to", to]);
    expect(again).toMatchObject({ code: 2, stdout: "" });
    expect(again.stderr).toContain("is not empty");
    const { snapshots } = JSON.parse((await world.run(["snapshots", "--json"])).stdout);
    expect(snapshots[0]).toMatchObject({ paths: [world.source], files: 9 });
    const named = ["restore", snapshots[0].snapshotId.slice(0, 10), "--to", to, "--force"];
    expect(await world.run(named)).toMatchObject({ code: 0 });
    expect(await world.run(["restore", "ffffffffff", "--to", to, "--force"])).toMatchObject({ code: 4 });
  });

  test("two first runs at once make one repository", async () => {
    await world.writeHub({ hubId: "twice" });
    const args = ["backup", join(world.source, "deep"), "--hub-id", "twice"];
    const both = await Promise.all([world.run(args), world.run(args)]);
    expect(both.map(({ code, stderr }) => [code, stderr.includes("hotspot:")])).toEqual([
      [0, false],
      [0, false],
    ]);
    expect(world.objects("keys", "twice")).toHaveLength(1);
  });

  test("a drill restores and compares, and fails when the bucket has lost something", async () => {
    await world.writeHub({ hubId: "drilled" });
    const of = ["--hub-id", "drilled"];
    const args = ["backup", join(world.source, "deep"), join(world.source, "part-0.bin"), ...of];
    expect(await world.run(args)).toMatchObject({ code: 0 });
    const whole = await world.run(["drill", ...of]);
    expect(whole).toMatchObject({ code: 0 });
    expect(whole.stdout).toMatch(/^ok: 2 files .*: 2 equal, 0 changed since, 0 gone since$/m);
    const sample = await world.run(["drill", "--sample", "1", "--json", ...of]);
    expect(JSON.parse(sample.stdout)).toMatchObject({ files: 1, equal: 1, ok: true });
    expect(await readdir(join(world.dir, "tmp"))).toEqual([]);

    const s3 = createS3(world.standIn, world.key);
    for (const { key } of world.objects("data", "drilled")) {
      await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: key }));
    }
    s3.destroy();
    const lost = await world.run(["drill", ...of]);
    expect(lost).toMatchObject({ code: 7, stdout: "" });
    expect(lost.stderr).toContain("The bucket has lost a part of the backups. Run `hotspot hub backup`");
    expect(await world.run(args)).toMatchObject({ code: 0 });
    expect(await world.run(["drill", ...of])).toMatchObject({ code: 0 });
  });

  test("a key that an interrupted init has left behind does not lock anybody out", async () => {
    const s3 = createS3(world.standIn, world.key);
    const hubs = ["twice", "drilled"] as const;
    const [ofTwice, ofDrilled] = hubs.map((hubId) => world.objects("keys", hubId)[0]!.key);
    const copies = [
      [ofTwice!, ofTwice!.replace("twice", "drilled")],
      [ofDrilled!, ofDrilled!.replace("drilled", "twice")],
    ] as const;
    for (const [from, to] of copies) {
      await s3.send(new CopyObjectCommand({ Bucket: BUCKET, CopySource: `${BUCKET}/${from}`, Key: to }));
    }
    s3.destroy();
    // restic takes the first key that the password opens: in one of the two it is the wrong one.
    for (const hubId of hubs) {
      expect(await world.run(["backup", join(world.source, "deep"), "--hub-id", hubId])).toMatchObject({
        code: 0,
      });
    }
    const left = hubs.map((hubId) => world.objects("keys", hubId).length);
    expect(left.toSorted()).toEqual([1, 2]);
  });

  test("another password, a missing program and a missing folder are each said with what to do", async () => {
    await world.writeHub({ password: "another" });
    const of = ["--hub-id", "hub"];
    const wrong = await world.run(["snapshots", ...of]);
    expect(wrong).toMatchObject({ code: 3, stdout: "" });
    expect(wrong.stderr).toContain("made with another password");
    await world.writeHub();
    const absent = await world.run(["snapshots", ...of], { PATH: join(world.dir, "tmp") });
    expect(absent).toMatchObject({ code: 2, stdout: "" });
    expect(absent.stderr).toMatch(
      /Backups need restic, which is not installed here. Install it: `apt install/,
    );
    const nothing = await world.run(["backup", join(world.dir, "nowhere"), ...of]);
    expect(nothing).toMatchObject({ code: 2, stdout: "" });
    expect(nothing.stderr).toContain("nowhere does not exist");
  });

  test("an old key is refused by the bucket, also in the middle of a run; the new one goes on", async () => {
    const old = world.key;
    await world.writeHub({ hubId: "rotated", key: old });
    const args = backup("--hub-id", "rotated");
    const running = world.spawn(args);
    await stored("rotated");
    world.forwarder.hold();
    world.key = await world.newKey();
    await createAsk(world.standIn)(`DELETE /accounts/:account/tokens/${old.tokenId}`);
    world.forwarder.release();
    const sentence = "The bucket refuses this hub's key: it was changed or withdrawn";
    const refused = await ended(running);
    expect(refused).toMatchObject({ code: 3, stdout: "" });
    expect(refused.stderr).toContain(sentence);
    const after = await world.run(["snapshots", "--hub-id", "rotated"]);
    expect(after).toMatchObject({ code: 3, stdout: "" });
    expect(after.stderr).toContain(sentence);

    await world.writeHub({ hubId: "rotated" });
    expect(await world.run(args)).toMatchObject({ code: 0 });
  });
});
