import { NavLink } from "@remix-run/react";
import { classNames } from "~/lib/class-names.ts";
import { paths } from "~/lib/paths.ts";

// Six of them fit a phone of 360 px: smaller there, and closer together.
const tab =
  "relative flex min-h-11 items-center px-1.5 text-[0.867rem] text-mute hover:text-ink sm:min-h-14 sm:px-3 sm:text-[1rem]";
const current =
  "text-ink after:absolute after:inset-x-1.5 after:-bottom-px after:h-0.5 after:bg-hot after:content-[''] sm:after:inset-x-3";

/** On narrow screens the line wraps under the brand, so nothing is hidden behind a button. */
export function MainNav() {
  return (
    <nav aria-label="Main" className="-mx-1.5 flex flex-wrap max-sm:order-last max-sm:w-full sm:-mx-3">
      <NavLink to={paths.endpoints} className={({ isActive }) => classNames(tab, isActive && current)}>
        Endpoints
      </NavLink>
      <NavLink to={paths.hubs} className={({ isActive }) => classNames(tab, isActive && current)}>
        Cloudflare
      </NavLink>
      <NavLink to={paths.usage} className={({ isActive }) => classNames(tab, isActive && current)}>
        Usage
      </NavLink>
      <NavLink to={paths.billing} className={({ isActive }) => classNames(tab, isActive && current)}>
        Billing
      </NavLink>
      <NavLink to={paths.license} className={({ isActive }) => classNames(tab, isActive && current)}>
        License
      </NavLink>
      <a href={paths.apiDocs} className={tab}>
        API
      </a>
    </nav>
  );
}
