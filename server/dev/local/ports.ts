import { type AddressInfo, createServer } from "node:net";
import { StartError } from "./settings.ts";

/**
 * Finds out which port a program will get, before it is started: the others have to be told its address.
 *
 * @param variable names the setting to change when the port is taken
 * @param wanted 0: any free one
 * @throws StartError when it is in use or may not be used
 */
export async function choosePort(variable: string, wanted: number): Promise<number> {
  try {
    return await tryPort(wanted);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const advice = `Set ${variable} to another one, e.g. ${variable}=0 npm start for any free port.`;
    if (code === "EADDRINUSE") throw new StartError(`Port ${wanted} is in use. ${advice}`);
    if (code === "EACCES")
      throw new StartError(`Port ${wanted} needs more rights than this user has. ${advice}`);
    throw error;
  }
}

/** RELAY_PORT when nobody says otherwise, and what goes with it. */
const USUAL_RELAY_PORT = 8_789;
const FIRST_TCP_PORT = 20_000;
const TCP_PORTS = 100;
/** As many ranges fit below the ports that Linux gives to outgoing connections. */
const TCP_RANGES = 120;

/**
 * Ports for TCP tunnels of a run, as RELAY_TCP_PORTS has them: 20000-20099 beside the usual relay port, and others beside
 * others, so that copies side by side do not meet and each keeps its own from start to start.
 */
export function tcpPortsOf(relayPort: number): string {
  const offset = (((relayPort - USUAL_RELAY_PORT) % TCP_RANGES) + TCP_RANGES) % TCP_RANGES;
  const first = FIRST_TCP_PORT + offset * TCP_PORTS;
  return `${first}-${first + TCP_PORTS - 1}`;
}

/** Without an address Node listens on all of them, as the programs do, so that each conflict shows. */
function tryPort(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port, exclusive: true }, () => {
      const { port: got } = server.address() as AddressInfo;
      server.close(() => resolve(got));
    });
  });
}
