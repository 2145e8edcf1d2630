import { CopyButton } from "~/components/ui/copy-button.tsx";

/** The address to hand out. */
export function PublicAddress({ url }: { url: string }) {
  return (
    <p className="flex max-w-full items-center gap-1">
      <a
        href={url}
        target="_blank"
        rel="noreferrer"
        className="font-mono break-all text-mute hover:text-ink hover:underline"
      >
        {url}
      </a>
      <CopyButton text={url} what="public address" />
    </p>
  );
}
