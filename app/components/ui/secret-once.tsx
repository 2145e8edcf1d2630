import { CopyButton } from "./copy-button.tsx";

interface SecretOnceProps {
  label: string;
  secret: string;
  /** What it is for, and what to do when it is lost. */
  note: string;
}

/** A secret on its only appearance. It lives in the answer to an action: a reload does not bring it back. */
export function SecretOnce({ label, secret, note }: SecretOnceProps) {
  return (
    <div className="grid gap-1.5">
      <p className="font-medium">{label}</p>
      <div className="flex items-start gap-2 rounded-md border border-warn-line bg-warn-wash py-1.5 pr-1.5 pl-3">
        <code className="min-w-0 flex-1 self-center break-all">{secret}</code>
        <CopyButton text={secret} what={label.toLowerCase()} withLabel />
      </div>
      <p className="text-mute text-[0.933rem]">{note}</p>
    </div>
  );
}
