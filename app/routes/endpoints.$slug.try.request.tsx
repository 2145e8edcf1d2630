import type { ActionFunctionArgs } from "@remix-run/node";
import { attempt } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { formText, rawText } from "~/lib/form-text.ts";
import { tryHeadName, writeTryHead } from "~/lib/try-head.ts";

/** Sends one request through the public host of the tenant's own endpoint and streams the answer to "try it". */
export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const { context, params, request } = args;
  const form = await request.formData();
  const body = form.has("body") ? rawText(form, "body") : undefined;
  const { value: answer, problem } = await attempt(
    context.tryRequest({
      slug: params.slug ?? "",
      method: formText(form, "method"),
      path: formText(form, "path"),
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body,
      signal: request.signal,
    }),
  );
  if (problem) return Response.json({ error: problem }, { status: 400 });
  return new Response(answer.body, {
    headers: {
      [tryHeadName]: writeTryHead(answer),
      "content-type": "application/octet-stream",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    },
  });
}
