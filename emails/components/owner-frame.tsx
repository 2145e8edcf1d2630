import type { ReactNode } from "react";
import { Frame } from "./frame.tsx";

/** The frame of mails about what an account serves, with who gets them and why. */
export function OwnerFrame(props: {
  preview: string;
  title: string;
  accountName: string;
  children: ReactNode;
}) {
  return (
    <Frame
      preview={props.preview}
      title={props.title}
      reason={`You get this mail because you are an owner or admin of the Hotspot account ${props.accountName}, and something of it is not served any more or soon will not be.`}
    >
      {props.children}
    </Frame>
  );
}
