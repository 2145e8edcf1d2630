import { ButtonLink } from "~/components/ui/button.tsx";
import { paths } from "~/lib/paths.ts";
import { AuthPage } from "./auth-page.tsx";

export function DeviceOutcome({ allowed }: { allowed: boolean }) {
  return (
    <AuthPage
      title={allowed ? "Device allowed" : "Device refused"}
      lead={
        <p role="status">
          {allowed
            ? "Go back to your terminal: it goes on by itself."
            : "Nothing was given to it. You can close this page."}
        </p>
      }
    >
      <ButtonLink to={paths.endpoints} look="quiet" className="justify-self-start">
        Your endpoints
      </ButtonLink>
    </AuthPage>
  );
}
