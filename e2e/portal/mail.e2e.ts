import { expect, test, vi } from "vitest";
import { startSmtp } from "../standins/smtp.ts";
import { portalWorld } from "./portal-world.ts";

const smtp = await startSmtp();
const world = await portalWorld({
  relay: false,
  portalEnv: { SMTP_URL: smtp.url, MAIL_FROM: "Hotspot <hello@hotspot.example>" },
});

test("with a mail server configured, mail leaves through it and there is no mailbox page", async () => {
  const answer = await fetch(`${world.portalUrl}/api/auth/sign-up/email`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: world.portalUrl },
    body: JSON.stringify({ name: "Ada", email: "ada@example.com", password: "a long enough password" }),
  });
  expect(answer.status).toBe(200);
  await vi.waitFor(() => expect(smtp.received).toHaveLength(1), 30_000);
  const [mail] = smtp.received;
  expect(mail).toMatchObject({ from: "hello@hotspot.example", to: ["ada@example.com"] });
  expect(mail!.message).toContain("/verify-email");
  expect(await world.mailbox.all()).toEqual([]);
  expect((await fetch(`${world.portalUrl}/mailbox`)).status).toBe(404);
});
