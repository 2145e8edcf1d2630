import { describe } from "vitest";
import { tunnelLab } from "../tunnel/lab.ts";
import { floods } from "./ingress/floods.ts";
import { hosts } from "./ingress/hosts.ts";
import { ownAnswers } from "./ingress/own-answers.ts";
import { slow } from "./ingress/slow.ts";
import { smuggling } from "./ingress/smuggling.ts";

// Timers of a second or two instead of minutes: what they do is the same.
const lab = await tunnelLab({
  env: {
    RELAY_CLIENT_HEAD_SECONDS: "2",
    RELAY_CLIENT_BODY_SECONDS: "2",
    RELAY_CLIENT_IDLE_SECONDS: "3",
    RELAY_CLIENT_STALL_SECONDS: "3",
  },
});

describe("public ingress", () => {
  hosts(lab);
  smuggling(lab);
  ownAnswers(lab);
  floods(lab);
  slow(lab);
});
