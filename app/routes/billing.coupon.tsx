import { type ActionFunctionArgs, redirect } from "@remix-run/node";
import { attempt } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { formText } from "~/lib/form-text.ts";
import { paths } from "~/lib/paths.ts";

/** Applies a promotion code to the present subscription. */
export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const coupon = formText(await args.request.formData(), "coupon");
  const { problem } = await attempt(args.context.api.billing.applyCoupon({ coupon }));
  return { problem };
}

export function loader() {
  throw redirect(paths.billing);
}
