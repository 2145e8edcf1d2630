import { NavLink } from "@remix-run/react";
import { classNames } from "~/lib/class-names.ts";
import { paths } from "~/lib/paths.ts";

const tab = "relative flex min-h-11 items-center px-3 text-mute hover:text-ink sm:min-h-14";
const current =
  "text-ink after:absolute after:inset-x-3 after:-bottom-px after:h-0.5 after:bg-hot after:content-['']";

/** On narrow screens the line wraps under the brand, so nothing is hidden behind a button. */
export function MainNav() {
  return (
    <nav aria-label="Main" className="-mx-3 flex max-sm:order-last max-sm:w-full">
      <NavLink to={paths.endpoints} className={({ isActive }) => classNames(tab, isActive && current)}>
        Endpoints
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
