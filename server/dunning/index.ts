export {
  type PresentStanding,
  type Standing,
  type StandingOptions,
  type StandingSubscription,
  standingOf,
} from "./standing.ts";
