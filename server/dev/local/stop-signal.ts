/** A signal within this time after the first is the same key press: a terminal sends it to the whole group. */
const SAME_PRESS_MS = 700;

/**
 * Turns Ctrl-C, SIGTERM and a closed terminal into one abort.
 *
 * @param onImpatient a second request to stop, while stopping
 */
export function listenForStop(onImpatient: () => void): AbortController {
  const controller = new AbortController();
  let firstAt = 0;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      if (!firstAt) {
        firstAt = Date.now();
        controller.abort(name);
      } else if (Date.now() - firstAt > SAME_PRESS_MS) {
        onImpatient();
      }
    });
  }
  // A closed terminal must not end us before the programs are stopped.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  return controller;
}
