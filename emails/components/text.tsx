import { Button, Link, Section, Text } from "@react-email/components";
import type { ReactNode } from "react";

/** A paragraph of a mail. */
export function Paragraph(props: { children: ReactNode; quiet?: boolean }) {
  return (
    <Text
      className={props.quiet ? "hs-quiet" : "hs-text"}
      style={{
        color: props.quiet ? "#687083" : "#3a4150",
        fontSize: props.quiet ? 13 : 15,
        lineHeight: props.quiet ? "20px" : "24px",
        margin: "0 0 14px",
      }}
    >
      {props.children}
    </Text>
  );
}

/** The one thing to do, as a button, and as an address for clients that show no buttons. */
export function Action(props: { href: string; label: string }) {
  return (
    <Section style={{ margin: "22px 0 8px" }}>
      <Button
        href={props.href}
        style={{
          backgroundColor: "#d9480f",
          borderRadius: 9,
          color: "#ffffff",
          display: "inline-block",
          fontSize: 15,
          fontWeight: 600,
          padding: "12px 22px",
          textDecoration: "none",
        }}
      >
        {props.label}
      </Button>
      <Text
        className="hs-quiet"
        style={{ color: "#687083", fontSize: 12, lineHeight: "18px", margin: "18px 0 0" }}
      >
        Or open this address:{" "}
        <Link href={props.href} style={{ color: "#d9480f", wordBreak: "break-all" }}>
          {props.href}
        </Link>
      </Text>
    </Section>
  );
}
