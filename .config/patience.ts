import { vi } from "vitest";

/** What is waited for comes at once or never; one second, vitest's own, is short where twenty programs wait for two processors. */
const PATIENCE_MS = 20_000;

const { waitFor } = vi;
vi.waitFor = (callback, options) =>
  waitFor(callback, {
    timeout: PATIENCE_MS,
    ...(typeof options === "number" ? { timeout: options } : options),
  });
