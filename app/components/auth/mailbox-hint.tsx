import { Notice } from "~/components/ui/notice.tsx";

/** In a local run mail is kept instead of sent: says where to read it. */
export function MailboxHint({ mailboxUrl }: { mailboxUrl: string | null }) {
  if (!mailboxUrl) return null;
  return (
    <Notice title="This is a local run">
      Mail is not sent, it is kept in the{" "}
      <a href={mailboxUrl} className="link">
        mailbox
      </a>
      .
    </Notice>
  );
}
