import { Form, Link, useSubmit } from "@remix-run/react";
import { ChevronDown, LogOut, UserRound } from "lucide-react";
import { useRef } from "react";
import { Menu, MenuItem, MenuLabel, MenuSeparator } from "~/components/ui/menu.tsx";
import { paths } from "~/lib/paths.ts";
import type { Viewer } from "./site-header.tsx";

export function AccountMenu({ viewer }: { viewer: Viewer }) {
  const submit = useSubmit();
  const signOut = useRef<HTMLFormElement>(null);
  return (
    <>
      {/* Outside the menu, which is gone from the page by the time the form is sent. */}
      <Form ref={signOut} method="post" action={paths.signOut} className="hidden" />
      <Menu
        trigger={
          <button
            type="button"
            className="flex min-h-9 items-center gap-2 rounded-md px-2 text-mute hover:bg-sunken hover:text-ink"
          >
            <span
              aria-hidden="true"
              className="grid size-6 place-items-center rounded-sm bg-ink text-[0.8rem] font-semibold text-bg"
            >
              {initial(viewer)}
            </span>
            <span className="max-w-40 truncate max-sm:sr-only">{viewer.name || viewer.email}</span>
            <ChevronDown className="size-4" aria-hidden="true" />
          </button>
        }
      >
        <MenuLabel>
          <span className="block font-medium">{viewer.tenantName}</span>
          <span className="block text-[0.933rem] text-mute">{viewer.email}</span>
        </MenuLabel>
        <MenuSeparator />
        <MenuItem>
          <Link to={paths.account}>
            <UserRound className="size-4 text-mute" aria-hidden="true" />
            Account
          </Link>
        </MenuItem>
        <MenuItem onSelect={() => submit(signOut.current)}>
          <button type="button">
            <LogOut className="size-4 text-mute" aria-hidden="true" />
            Sign out
          </button>
        </MenuItem>
      </Menu>
    </>
  );
}

function initial(viewer: Viewer): string {
  const first = (viewer.name || viewer.email).trim().codePointAt(0);
  return first === undefined ? "?" : String.fromCodePoint(first).toUpperCase();
}
