import { describe } from "vitest";
import { aborts } from "./forwarding/aborts.ts";
import { headers } from "./forwarding/headers.ts";
import { keepAlive } from "./forwarding/keep-alive.ts";
import { messages } from "./forwarding/messages.ts";
import { openaiClient } from "./forwarding/openai.ts";
import { silence } from "./forwarding/silence.ts";
import { smuggling } from "./forwarding/smuggling.ts";
import { websockets } from "./forwarding/websockets.ts";
import { tunnelLab } from "./lab.ts";

// One relay, one connector, everything at once: what holds alone must hold beside the others, and the minute of silence
// costs nothing extra.
const lab = await tunnelLab();

describe.concurrent("forwarding", () => {
  silence(lab);
  openaiClient(lab);
  messages(lab);
  headers(lab);
  websockets(lab);
  aborts(lab);
  keepAlive(lab);
  smuggling(lab);
});
