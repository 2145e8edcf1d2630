import { connect } from "node:net";
import type { ManagedProcess } from "../fixtures/managed-process.ts";
import { until } from "../fixtures/until.ts";

/** Waits until the program accepts connections at a port. @throws when it ends first, with its last words */
export async function untilListening(port: number, program: ManagedProcess): Promise<void> {
  await until(async () => {
    if (!program.running) return;
    await accepts(port);
  });
  if (!program.running) throw new Error(`${program.name} ended: ${program.stderr.slice(-5).join("\n")}`);
}

function accepts(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", reject);
  });
}
