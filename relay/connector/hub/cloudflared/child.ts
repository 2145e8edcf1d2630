import { spawn } from "node:child_process";
import { withoutProxies } from "../../network/for-programs.ts";
import type { Log } from "../../upstream/log.ts";
import { createLogReader } from "./log-lines.ts";

/** Requests that run when it is asked to stop have so long; its own default would outlast most service managers. */
const GRACE_SECONDS = 10;
/** And what has not ended by then is ended by force, ms. */
const KILL_AFTER_MS = (GRACE_SECONDS + 2) * 1_000;

type Env = Record<string, string | undefined>;

/** One run of cloudflared. */
export interface CloudflaredRun {
  /** Where `/ready` is asked, `127.0.0.1:20241`. */
  readonly metricsAddress: string;
  /** Resolves when it has ended, with why, in words. */
  readonly ended: Promise<string>;
  /** Lets running requests finish, for a while. Resolves when it has ended. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  program: string;
  /** Without a secret: every user of the machine may read them. */
  args: readonly string[];
  metricsAddress: string;
  env: Record<string, string | undefined>;
  /** Certificates to be trusted; null: the system's. */
  trustedFile: string | null;
  log: Log;
  secrets: () => readonly string[];
}

/** Starts cloudflared. A program that cannot be started ends at once. */
export function startCloudflared(options: ChildOptions): CloudflaredRun {
  const { program, args, metricsAddress, env, trustedFile, log, secrets } = options;
  const child = spawn(program, args, {
    env: environmentOf(env, trustedFile) as NodeJS.ProcessEnv,
    stdio: ["ignore", "pipe", "pipe"],
    windowsHide: true,
  });
  let lastProblem = "";
  const keep: Log = (level, message, fields) => {
    if (level === "warn" || level === "error") lastProblem = String(fields?.message ?? "");
    log(level, message, fields);
  };
  for (const stream of [child.stdout, child.stderr]) {
    const read = createLogReader(keep, secrets);
    stream.setEncoding("utf8");
    stream.on("data", read);
    stream.on("end", () => read("\n"));
  }
  let isOver = false;
  const ended = new Promise<string>((resolve) => {
    const over = (why: string) => {
      isOver = true;
      resolve(lastProblem === "" ? why : `${why}: ${lastProblem.slice(0, 300)}`);
    };
    child.once("error", (error) => over(`it could not be started (${error.message})`));
    // Not "exit": what it said last may come behind it.
    child.once("close", (code, signal) =>
      over(signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`),
    );
  });
  return {
    metricsAddress,
    ended,
    async stop() {
      if (isOver) return;
      child.kill("SIGTERM");
      const force = setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS);
      await ended;
      clearTimeout(force);
    },
  };
}

/** Settings of the network that somebody made for cloudflared; all others would say against ours what to run. */
const passed = ["TUNNEL_TRANSPORT_PROTOCOL", "TUNNEL_EDGE_IP_VERSION", "TUNNEL_REGION", "TUNNEL_LOGLEVEL"];

/**
 * A token in the environment would go before the one in the file; our own secrets are nothing for it. It knows no
 * proxy on its way to Cloudflare and would use one to the service instead, which is never reached by one. Under Linux
 * SSL_CERT_FILE is added to what it trusts of itself, at Cloudflare and at the service; elsewhere the system's list is.
 */
function environmentOf(env: Env, trustedFile: string | null): Env {
  const kept = Object.entries(withoutProxies(env)).filter(
    ([name]) => !/^(HOTSPOT_|TUNNEL_|NO_TLS_VERIFY$)/i.test(name) || passed.includes(name),
  );
  return {
    ...Object.fromEntries(kept),
    TUNNEL_GRACE_PERIOD: `${GRACE_SECONDS}s`,
    ...(trustedFile !== null && { SSL_CERT_FILE: trustedFile }),
  };
}
