import type { ReactNode } from "react";
import { Frame } from "./frame.tsx";

/** The frame of mails to the owners and admins of an account, with who gets them and why. */
export function AccountFrame(props: {
  preview: string;
  title: string;
  accountName: string;
  /** Completes "You get this mail because you are an owner or admin of the Hotspot account ACME". */
  why: string;
  children: ReactNode;
}) {
  return (
    <Frame
      preview={props.preview}
      title={props.title}
      reason={`You get this mail because you are an owner or admin of the Hotspot account ${props.accountName}${props.why}`}
    >
      {props.children}
    </Frame>
  );
}

/** Of mails about money. */
export const aboutMoney = ". Mails about its payments cannot be switched off.";
/** Of mails about what an account serves. */
export const aboutService = ", and something of it is not served any more or soon will not be.";
