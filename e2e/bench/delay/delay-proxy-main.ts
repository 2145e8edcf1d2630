import { startDelayProxy } from "./delay-proxy.ts";

// A process of its own, so that neither side of a comparison shares its event loop. Options as JSON in the argument.
const { port } = await startDelayProxy(JSON.parse(process.argv[2]!));
console.log(JSON.stringify({ event: "ready", port }));
