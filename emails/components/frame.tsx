import { Body, Container, Head, Heading, Hr, Html, Preview, Section, Text } from "@react-email/components";
import type { ReactNode } from "react";

const font = "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif";

/**
 * Colours are given twice: inline for clients that drop <style>, and by class for those that know dark mode. Clients
 * that invert by themselves find mid-tone accents that stay readable both ways.
 */
const darkMode = `
@media (prefers-color-scheme: dark) {
  .hs-page { background-color: #0b0d12 !important; }
  .hs-card { background-color: #151922 !important; border-color: #272d3a !important; }
  .hs-title, .hs-brand { color: #f4f5f7 !important; }
  .hs-text { color: #c3c8d4 !important; }
  .hs-quiet { color: #8b93a5 !important; }
  .hs-rule { border-color: #272d3a !important; }
}`;

/** Brand, card, footer: what all our mails share. `reason` says why this person got it. */
export function Frame(props: { preview: string; title: string; reason: string; children: ReactNode }) {
  return (
    <Html lang="en">
      <Head>
        <meta name="color-scheme" content="light dark" />
        <meta name="supported-color-schemes" content="light dark" />
        <style>{darkMode}</style>
      </Head>
      <Preview>{props.preview}</Preview>
      <Body
        className="hs-page"
        style={{ backgroundColor: "#f3f4f7", fontFamily: font, margin: 0, padding: "32px 12px" }}
      >
        <Container style={{ maxWidth: 520 }}>
          <Section style={{ padding: "0 4px 16px" }}>
            <Text
              className="hs-brand"
              style={{ color: "#14171f", fontSize: 17, fontWeight: 700, letterSpacing: "-0.01em", margin: 0 }}
            >
              <span style={{ color: "#e8590c" }}>●</span>&nbsp;Hotspot
            </Text>
          </Section>
          <Section
            className="hs-card"
            style={{
              backgroundColor: "#ffffff",
              border: "1px solid #e3e6ec",
              borderRadius: 14,
              padding: "32px 32px 28px",
            }}
          >
            <Heading
              as="h1"
              className="hs-title"
              style={{ color: "#14171f", fontSize: 22, lineHeight: "28px", margin: "0 0 14px" }}
            >
              {props.title}
            </Heading>
            {props.children}
          </Section>
          <Hr className="hs-rule" style={{ borderColor: "#e3e6ec", margin: "24px 4px 14px" }} />
          <Text
            className="hs-quiet"
            style={{ color: "#687083", fontSize: 12, lineHeight: "18px", margin: "0 4px" }}
          >
            {props.reason}
          </Text>
        </Container>
      </Body>
    </Html>
  );
}
