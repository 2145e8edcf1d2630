import { Link } from "@remix-run/react";
import { LogoMark } from "~/components/brand/logo.tsx";
import { paths } from "~/lib/paths.ts";

export function SiteFooter() {
  return (
    <footer className="mt-auto border-t border-line">
      <div className="mx-auto flex max-w-6xl flex-wrap items-center gap-x-6 gap-y-2 px-4 py-6 text-[0.933rem] text-mute sm:px-6">
        <p className="flex items-start gap-3">
          <LogoMark className="mt-0.5 size-4.5 text-faint" />
          Hotspot gives what runs on your machine a public address.
        </p>
        <nav aria-label="More" className="flex gap-5 sm:ml-auto">
          <a href={paths.apiDocs} className="hover:text-ink hover:underline">
            API reference
          </a>
          <Link to={paths.abuse} className="hover:text-ink hover:underline">
            Report abuse
          </Link>
        </nav>
      </div>
    </footer>
  );
}
