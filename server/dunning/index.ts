export { type DunningDeps, runDunning } from "./run.ts";
export { type NoticeDeps, sendNotice } from "./send-notice.ts";
export {
  type PresentStanding,
  type Standing,
  type StandingOptions,
  type StandingSubscription,
  standingOf,
} from "./standing.ts";
export { dunningTask } from "./task.ts";
export { dayInWords, moneyInWords } from "./words.ts";
