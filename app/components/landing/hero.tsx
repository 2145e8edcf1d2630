import { ButtonLink } from "~/components/ui/button.tsx";
import { paths } from "~/lib/paths.ts";
import { AddressPair } from "./address-pair.tsx";
import { DemoTerminal } from "./demo-terminal.tsx";

interface HeroProps {
  /** Public address of an example endpoint, from the configuration of this installation. */
  exampleUrl: string;
  signedIn: boolean;
}

export function Hero({ exampleUrl, signedIn }: HeroProps) {
  return (
    <section className="mx-auto grid max-w-6xl items-center gap-x-14 gap-y-10 px-4 py-12 sm:px-6 lg:grid-cols-[1fr_1.05fr] lg:py-20 [&>*]:min-w-0">
      <div>
        <h1 className="text-[2.4rem] leading-[1.06] font-bold tracking-[-0.032em] sm:text-[3.3rem]">
          A public address for what runs on your machine
        </h1>
        <p className="mt-5 max-w-[48ch] text-[1.133rem] text-mute">
          Start one small program beside your LLM server, API or web app. It gets its own address with access
          keys, limits and a request log. No open port, no router settings, no certificate to renew.
        </p>
        <div className="mt-7 flex flex-wrap gap-3">
          {signedIn ? (
            <ButtonLink to={paths.endpoints} look="hot" size="lg">
              Your endpoints
            </ButtonLink>
          ) : (
            <ButtonLink to={paths.signUp} look="hot" size="lg">
              Get your address
            </ButtonLink>
          )}
          <ButtonLink to={paths.apiDocs} reloadDocument look="quiet" size="lg">
            Read the API
          </ButtonLink>
        </div>
        <div className="mt-9">
          <AddressPair local="http://127.0.0.1:11434" shared={exampleUrl} />
        </div>
      </div>
      <DemoTerminal exampleUrl={exampleUrl} />
    </section>
  );
}
