import { describe, expect, it } from "vitest";
import { Mail, renderMail } from "./index.ts";

const link = "https://hotspot.example/verify-email?token=abc&next=1";
const mails: Mail[] = [
  { kind: "verify_email", name: "Ada", url: link, validHours: 24 },
  { kind: "reset_password", name: "Ada", url: link, validHours: 1 },
  { kind: "already_registered", name: "Ada", signInUrl: link, resetUrl: link },
  { kind: "password_changed", name: "Ada", resetUrl: link },
];

describe("renderMail", () => {
  it.each(mails)("gives $kind as HTML and text with the same link", async (mail) => {
    const { subject, html, text } = await renderMail(Mail.parse(mail));
    expect(subject).toMatch(/\S/);
    expect(html).toContain('name="color-scheme"');
    expect(html).toContain(`href="${link.replaceAll("&", "&amp;")}"`);
    expect(text).toContain(link);
    expect(text).toContain("Ada");
    expect(text).not.toContain("prefers-color-scheme");
  });

  it("escapes what people typed", async () => {
    const { html } = await renderMail({ ...mails[0]!, name: "<img src=x onerror=alert(1)>" } as Mail);
    expect(html).not.toContain("<img src=x");
    expect(html).toContain("&lt;img src=x");
  });
});
