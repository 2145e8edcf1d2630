import { expect, it } from "vitest";
import { startHotspot } from "../fixtures/hotspot.ts";
import { startSmtp } from "../standins/smtp.ts";

const smtp = await startSmtp();
const hotspot = await startHotspot({
  relay: false,
  env: { SMTP_URL: smtp.url, MAIL_FROM: "Hotspot <hello@hotspot.example>" },
});

it("with a mail server configured, mail leaves through it and there is no mailbox page", async () => {
  const answer = await hotspot.callPortal(
    "POST",
    "/api/auth/sign-up/email",
    { name: "Ada", email: "ada@example.com", password: "a long enough password" },
    { origin: hotspot.portalUrl },
  );
  expect(answer.status, answer.text()).toBe(200);
  await expect.poll(() => smtp.received.length).toBe(1);
  const [mail] = smtp.received;
  expect(mail).toMatchObject({ from: "hello@hotspot.example", to: ["ada@example.com"] });
  expect(mail!.message).toContain("/verify-email");
  expect(await hotspot.mailbox.list()).toEqual([]);
  expect((await hotspot.callPortal("GET", "/mailbox")).status).toBe(404);
});
