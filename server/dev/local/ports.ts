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
