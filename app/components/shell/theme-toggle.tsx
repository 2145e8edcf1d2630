import { useFetcher } from "@remix-run/react";
import { Monitor, Moon, Sun } from "lucide-react";
import { Hint } from "~/components/ui/hint.tsx";
import { paths } from "~/lib/paths.ts";
import type { Theme } from "~/lib/theme.ts";

const looks = {
  system: { icon: Monitor, label: "as the system", next: "light" },
  light: { icon: Sun, label: "light", next: "dark" },
  dark: { icon: Moon, label: "dark", next: "system" },
} as const satisfies Record<Theme, { icon: unknown; label: string; next: Theme }>;

/** One button through the three looks; the answer sets a cookie, so that the next page comes right from the server. */
export function ThemeToggle({ theme }: { theme: Theme }) {
  const fetcher = useFetcher({ key: "theme" });
  const { icon: Icon, label, next } = looks[theme];
  const text = `Colours: ${label}. Change to ${looks[next].label}.`;
  return (
    <fetcher.Form method="post" action={paths.theme}>
      <Hint text={text}>
        <button
          type="submit"
          name="theme"
          value={next}
          aria-label={text}
          className="grid size-9 place-items-center rounded-md text-mute hover:bg-sunken hover:text-ink"
        >
          <Icon className="size-4.5" aria-hidden="true" />
        </button>
      </Hint>
    </fetcher.Form>
  );
}
