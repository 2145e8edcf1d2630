import { isRouteErrorResponse, useRouteError } from "@remix-run/react";
import { ButtonLink } from "~/components/ui/button.tsx";
import { paths } from "~/lib/paths.ts";

interface ErrorText {
  title: string;
  text: string;
}

const texts: Record<number, ErrorText> = {
  403: {
    title: "You may not open this",
    text: "Your role does not allow it. Ask an owner of your account to change that, or to do it for you.",
  },
  404: {
    title: "There is nothing here",
    text: "The address may be mistyped, or what was here has been released or belongs to another account.",
  },
  405: {
    title: "That is not how this page is used",
    text: "It takes forms only. Go back and use the button there.",
  },
  429: { title: "Too many requests", text: "Wait a moment, then try again." },
  503: {
    title: "Our database is away for a moment",
    text: "Your endpoints go on working and nothing is lost. Try again in a minute.",
  },
};

const unexpected: ErrorText = {
  title: "Something went wrong on our side",
  text: "It has been written to the log. Trying again often helps; your connectors and endpoints are not affected.",
};

/** Shown instead of a page that could not be. Never shows the message of an error that no rule expected. */
export function ErrorPage({ requestId }: { requestId?: string | null }) {
  const error = useRouteError();
  const status = isRouteErrorResponse(error) ? error.status : 500;
  const { title, text } = texts[status] ?? unexpected;
  return (
    <main id="main" className="mx-auto grid w-full max-w-3xl gap-4 px-4 py-20 sm:px-6">
      <p className="font-mono text-cold">{status}</p>
      <h1 className="text-[2rem]">{title}</h1>
      <p className="max-w-[56ch] text-mute">{text}</p>
      {status >= 500 && requestId ? (
        <p className="text-mute">
          When you write to us, add this request id: <code className="text-ink">{requestId}</code>
        </p>
      ) : null}
      <div className="mt-2 flex flex-wrap gap-2">
        <ButtonLink to={paths.endpoints}>Your endpoints</ButtonLink>
        <ButtonLink to={paths.home} look="quiet">
          Home
        </ButtonLink>
      </div>
    </main>
  );
}
