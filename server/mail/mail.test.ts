import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SMTPServer } from "smtp-server";
import { afterEach, describe, expect, it } from "vitest";
import type { Mail } from "../../emails/index.ts";
import { createLog } from "../log.ts";
import { createMailer, createTransportFor, findCapturedMail, listCapturedMail } from "./index.ts";
import type { MailTransport } from "./transport.ts";

const mail: Mail = {
  kind: "verify_email",
  name: "Ada",
  url: "https://hotspot.example/v?token=t1",
  validHours: 24,
};
const from = "Hotspot <hello@hotspot.example>";
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function tempDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "hotspot-mail-"));
  cleanups.push(() => rm(directory, { recursive: true, force: true }));
  return join(directory, "mailbox");
}

function mailerOver(transport: MailTransport, lines: string[] = [], retryDelaysMs: number[] = []) {
  cleanups.push(() => transport.close());
  const log = createLog(
    { process: "portal", level: "info" },
    { write: (line: string) => void lines.push(line) },
  );
  return createMailer({ transport, from, log, retryDelaysMs });
}

describe("mailbox", () => {
  it("keeps every mail, newest first, and finds those to one address", async () => {
    const directory = await tempDirectory();
    const mailer = mailerOver(createTransportFor({ kind: "mailbox", directory, from, page: false }));
    await mailer.send("ada@example.com", mail);
    await mailer.send("bob@example.com", mail);
    await mailer.send("ada@example.com", {
      kind: "password_changed",
      name: "Ada",
      resetUrl: "https://h.example/r",
    });

    const all = await listCapturedMail(directory);
    expect(all.map((one) => one.to)).toEqual(["ada@example.com", "bob@example.com", "ada@example.com"]);
    const toAda = await listCapturedMail(directory, "ADA@example.com");
    expect(toAda.map((one) => one.kind)).toEqual(["password_changed", "verify_email"]);
    expect(toAda[1]).toMatchObject({ from, subject: "Confirm your e-mail address" });
    expect(toAda[1]!.text).toContain("https://hotspot.example/v?token=t1");
    expect(await findCapturedMail(directory, toAda[0]!.id)).toEqual(toAda[0]);
  });

  it("lets nobody else on the machine read it, and no id leave the folder", async () => {
    const directory = await tempDirectory();
    await mailerOver(createTransportFor({ kind: "mailbox", directory, from, page: false })).send(
      "a@b.example",
      mail,
    );
    const [file] = await readdir(directory);
    expect((await stat(join(directory, file!))).mode & 0o077).toBe(0);
    expect(await findCapturedMail(directory, "../../../etc/passwd")).toBeNull();
  });

  it("is empty before the first mail", async () => {
    expect(await listCapturedMail(join(await tempDirectory(), "none"))).toEqual([]);
  });
});

describe("smtp", () => {
  it("sends HTML and text to the server of the URL", async () => {
    const received: { to: string[]; from: string | false; data: string }[] = [];
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ["STARTTLS"],
      onData(stream, session, done) {
        const chunks: Buffer[] = [];
        stream.on("data", (chunk: Buffer) => chunks.push(chunk));
        stream.on("end", () => {
          const { rcptTo, mailFrom } = session.envelope;
          received.push({
            to: rcptTo.map((one) => one.address),
            from: mailFrom ? mailFrom.address : false,
            data: Buffer.concat(chunks).toString(),
          });
          done();
        });
      },
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => new Promise<void>((resolve) => server.close(resolve)));
    const { port } = server.server.address() as { port: number };

    const mailer = mailerOver(createTransportFor({ kind: "smtp", url: `smtp://127.0.0.1:${port}`, from }));
    expect(await mailer.send("ada@example.com", mail)).toBe("sent");
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({ to: ["ada@example.com"], from: "hello@hotspot.example" });
    expect(received[0]!.data).toContain("Subject: Confirm your e-mail address");
    expect(received[0]!.data).toContain("multipart/alternative");
    expect(received[0]!.data).toContain("Auto-Submitted: auto-generated");
  });

  it("tries again, then says and logs that the mail was not sent", async () => {
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
    const { port } = probe.address() as { port: number };
    await new Promise((resolve) => probe.close(resolve));

    const lines: string[] = [];
    const mailer = mailerOver(
      createTransportFor({ kind: "smtp", url: `smtp://user:hunter2@127.0.0.1:${port}`, from }),
      lines,
      [1, 1],
    );
    expect(await mailer.send("ada@example.com", mail)).toBe("failed");
    const last = JSON.parse(lines.at(-1)!);
    expect(last).toMatchObject({ level: "error", msg: "mail not sent", kind: "verify_email", attempts: 3 });
    expect(last.error.code).toBe("ESOCKET");
    expect(lines.join("")).not.toContain("hunter2");
  });
});
