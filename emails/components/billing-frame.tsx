import type { ReactNode } from "react";
import { Frame } from "./frame.tsx";

/** The frame of mails about money, with who gets them and why. */
export function BillingFrame(props: {
  preview: string;
  title: string;
  accountName: string;
  children: ReactNode;
}) {
  return (
    <Frame
      preview={props.preview}
      title={props.title}
      reason={`You get this mail because you are an owner or admin of the Hotspot account ${props.accountName}. Mails about its payments cannot be switched off.`}
    >
      {props.children}
    </Frame>
  );
}
