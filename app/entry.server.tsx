import { PassThrough } from "node:stream";
import type { ActionFunctionArgs, AppLoadContext, EntryContext, LoaderFunctionArgs } from "@remix-run/node";
import { createReadableStreamFromReadable } from "@remix-run/node";
import { RemixServer } from "@remix-run/react";
import { isbot } from "isbot";
import { renderToPipeableStream } from "react-dom/server";
import { NonceContext } from "./bridge/nonce.ts";

/** Milliseconds until deferred loader data that has not come is given up. */
export const streamTimeout = 5_000;

/** Renders a page as a stream; crawlers get the complete document at once. */
export default function handleRequest(
  request: Request,
  responseStatusCode: number,
  responseHeaders: Headers,
  remixContext: EntryContext,
  loadContext: AppLoadContext,
): Promise<Response> {
  const waitForAll = isbot(request.headers.get("user-agent")) || remixContext.isSpaMode;
  const nonce = loadContext.cspNonce;
  let status = responseStatusCode;

  return new Promise((resolve, reject) => {
    let answered = false;
    const respond = () => {
      answered = true;
      const body = new PassThrough();
      responseHeaders.set("Content-Type", "text/html; charset=utf-8");
      resolve(new Response(createReadableStreamFromReadable(body), { headers: responseHeaders, status }));
      pipe(body);
    };
    const { pipe, abort } = renderToPipeableStream(
      <NonceContext.Provider value={nonce}>
        <RemixServer context={remixContext} url={request.url} nonce={nonce} />
      </NonceContext.Provider>,
      {
        nonce,
        onShellReady: waitForAll ? undefined : respond,
        onAllReady: waitForAll ? respond : undefined,
        onShellError: reject,
        onError(error) {
          status = 500;
          // Before the shell the error arrives by `reject` and is reported by the caller.
          if (answered) loadContext.reportError(error);
        },
      },
    );
    // One second more for React to write the fallbacks of what was given up; nothing happens when all is written.
    setTimeout(abort, streamTimeout + 1_000).unref();
  });
}

/** Errors of loaders and actions that no rule expected; a visitor who left is none. */
export function handleError(
  error: unknown,
  { request, context }: LoaderFunctionArgs | ActionFunctionArgs,
): void {
  if (!request.signal.aborted) (context as AppLoadContext).reportError(error);
}
