import type { Incoming, Outcome } from "../server.ts";
import type { World } from "../world.ts";
import { authenticatePage } from "./authenticate.ts";
import { checkoutPage } from "./checkout.ts";
import { invoicePage, invoicePdfPage } from "./invoice.ts";
import { notice } from "./layout.ts";
import { openPortal, portalPage } from "./portal.ts";

/** The pages that people see; null for any other path. */
export function answerPages(world: World, incoming: Incoming): Outcome | null {
  const { method, url } = incoming;
  if (method !== "GET" && method !== "POST" && method !== "HEAD") return null;
  const [, first, second, third] = url.pathname.split("/").map(decodeURIComponent);
  if (first === "c" && second === "pay" && third) return checkoutPage(world, third, incoming);
  if (first === "authenticate" && second) return authenticatePage(world, second, incoming);
  if (first === "i" && second)
    return third === "pdf" ? invoicePdfPage(world, second) : invoicePage(world, second, incoming);
  if (first === "p" && second === "session" && third) return openPortal(world, third);
  if (first === "p" && second) return portalPage(world, second, third ?? "", incoming);
  if (first === "")
    return notice("Stripe, a stand-in", "The API answers below /v1. Pages open from the links it gives.");
  return null;
}
