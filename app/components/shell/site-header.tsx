import { Link } from "@remix-run/react";
import type { ReactNode } from "react";
import { Logo } from "~/components/brand/logo.tsx";
import { ButtonLink } from "~/components/ui/button.tsx";
import { paths } from "~/lib/paths.ts";
import type { Theme } from "~/lib/theme.ts";
import { AccountMenu } from "./account-menu.tsx";
import { MainNav } from "./main-nav.tsx";
import { ThemeToggle } from "./theme-toggle.tsx";

export interface Viewer {
  name: string;
  email: string;
  tenantName: string;
}

interface SiteHeaderProps {
  viewer: Viewer | null;
  theme: Theme;
}

/** The bar on every page: brand, the ways through the product when signed in, the door when not. */
export function SiteHeader({ viewer, theme }: SiteHeaderProps) {
  return (
    <header className="border-b border-line bg-surface">
      <div className="mx-auto flex min-h-14 max-w-6xl flex-wrap items-center gap-x-6 px-4 sm:px-6">
        <Link to={viewer ? paths.endpoints : paths.home} aria-label="Hotspot, home" className="flex py-2">
          <Logo />
        </Link>
        {viewer ? <MainNav /> : null}
        <div className="ml-auto flex items-center gap-1.5">
          <ThemeToggle theme={theme} />
          {viewer ? <AccountMenu viewer={viewer} /> : <Doors />}
        </div>
      </div>
    </header>
  );
}

function Doors(): ReactNode {
  return (
    <>
      <a
        href={paths.apiDocs}
        className="rounded-md px-2.5 py-2 text-mute hover:bg-sunken hover:text-ink max-sm:hidden"
      >
        API
      </a>
      <ButtonLink to={paths.signIn()} look="plain" size="sm">
        Sign in
      </ButtonLink>
      <ButtonLink to={paths.signUp} size="sm">
        Sign up
      </ButtonLink>
    </>
  );
}
