// The stand-in as a process of its own. Variables: PORT (0: any free one), STRIPE_WEBHOOK_URL, STRIPE_WEBHOOK_SECRET,
// STRIPE_THIN_WEBHOOK_SECRET, STRIPE_STATE_FILE. Says on stdout when it serves.
import { startStripeStandIn } from "./index.ts";

const { PORT, STRIPE_WEBHOOK_URL, STRIPE_WEBHOOK_SECRET, STRIPE_THIN_WEBHOOK_SECRET, STRIPE_STATE_FILE } =
  process.env;

const standIn = await startStripeStandIn({
  port: Number(PORT || 0),
  ...(STRIPE_STATE_FILE ? { stateFile: STRIPE_STATE_FILE } : {}),
  ...(STRIPE_WEBHOOK_URL && STRIPE_WEBHOOK_SECRET
    ? {
        webhooks: [
          {
            url: STRIPE_WEBHOOK_URL,
            secret: STRIPE_WEBHOOK_SECRET,
            ...(STRIPE_THIN_WEBHOOK_SECRET ? { thinSecret: STRIPE_THIN_WEBHOOK_SECRET } : {}),
          },
        ],
      }
    : {}),
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    standIn.stop().then(() => process.exit(0));
  });
}
process.stdout.write(`${JSON.stringify({ event: "ready", process: "stripe", port: standIn.port })}\n`);
