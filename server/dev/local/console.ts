import { styleText } from "node:util";

const SLOW_MS = 1000;
const REPEAT_MS = 10_000;

/** One line for people. */
export function say(text: string): void {
  console.log(text);
}

/** Something that a person should look at. */
export function warn(text: string): void {
  console.error(styleText("yellow", text));
}

/** Waits for a piece of work; work that takes more than a second is shown while and when it is done. */
export async function step<T>(what: string, work: Promise<T> | (() => Promise<T>)): Promise<T> {
  const startedAt = Date.now();
  const seconds = () => ((Date.now() - startedAt) / 1000).toFixed(1);
  let shown = false;
  const timers = [
    setTimeout(() => {
      shown = true;
      say(`${what} ...`);
    }, SLOW_MS),
    setInterval(() => say(`${what} ... ${seconds()} s`), REPEAT_MS),
  ];
  try {
    const result = await (typeof work === "function" ? work() : work);
    if (shown) say(`${what}: done in ${seconds()} s`);
    return result;
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}
