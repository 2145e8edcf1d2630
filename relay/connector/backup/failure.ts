import { tmpdir } from "node:os";

/** Why a backup command has failed. */
export type BackupFault =
  | "tool_missing"
  | "key_refused"
  | "bucket_missing"
  | "repository_missing"
  | "wrong_password"
  | "key_damaged"
  | "no_space"
  | "nothing_to_back_up"
  | "data_lost"
  | "unreachable"
  | "locked"
  | "stopped"
  | "failed";

/** A failed backup command; the message is one sentence or two, with what to do. */
export class BackupError extends Error {
  readonly fault: BackupFault;

  constructor(fault: BackupFault, message: string) {
    super(message);
    this.name = "BackupError";
    this.fault = fault;
  }
}

/** What the bucket answers to a key that it does not know, or not any more: 403, and R2 for a deleted one also 401. */
const REFUSED =
  /access ?denied|invalidaccesskeyid|does not exist in our records|signaturedoesnotmatch|401 unauthorized|403 forbidden|\bunauthorized\b|permission ?denied \(persistent\)/i;
/** Go says "Proxy Authentication Required", or what else the proxy's line said, behind "proxyconnect" only sometimes. */
const PROXY = /proxyconnect|proxy authentication required|tunnel error|unsuccessful tunnel/i;
const LOCKED_OUT = /proxy authentication required/i;
const UNTRUSTED = /x509: certificate signed by unknown authority|x509: .*not trusted|UnknownIssuer/i;
const UNREACHABLE =
  /connection refused|no such host|i\/o timeout|network is unreachable|no route to host|connection reset|tls: |x509: |unexpected eof|server gave http response|context deadline|temporary failure in name|error sending request|dns error/i;

/** restic asks for what is not there again and again, too. */
const LOST =
  /^(?!.*<lock\/).*retrying after.*(specified key does not exist|NoSuchKey)|pack \w+ (does not exist|is missing)/im;
/** The lock of a run that has ended between being listed and being looked at. */
const LOCK_GONE = /<lock\/.*retrying after.*(specified key does not exist|NoSuchKey)/i;

/** A line that says a request would be tried again for a quarter of an hour, in vain. */
export function isHopelessRetry(line: string): boolean {
  return (
    /retrying after/i.test(line) &&
    (REFUSED.test(line) ||
      LOST.test(line) ||
      isLockGone(line) ||
      LOCKED_OUT.test(line) ||
      UNTRUSTED.test(line))
  );
}

/** Another run has ended while this one looked who else is there: nothing is wrong, and it need only look again. */
export function isLockGone(said: string): boolean {
  return LOCK_GONE.test(said);
}

/**
 * What a tool has said at its end, as a fault with a sentence for the owner.
 *
 * @param said the end of its stderr, without secrets
 * @param code its exit code; restic since 0.17 uses 10 to 12
 */
export function explainFailure(said: string, code: number): BackupError {
  const line = lastLine(said);
  if (/client\.MakeBucket|NoSuchBucket|bucket does not exist/i.test(said)) {
    return new BackupError(
      "bucket_missing",
      "The backup bucket is gone. Switch Managed Cloudflare on again in the portal, which makes a new one.",
    );
  }
  if (REFUSED.test(said)) {
    return new BackupError(
      "key_refused",
      "The bucket refuses this hub's key: it was changed or withdrawn, or the bucket is gone. A running hub fetches the new one by itself; if it does not, run `hotspot hub enable` again.",
    );
  }
  if (LOST.test(said)) {
    return new BackupError(
      "data_lost",
      "The bucket has lost a part of the backups. Run `hotspot hub backup`: it uploads again what this machine still has.",
    );
  }
  if (/no space left on device|disk quota exceeded|not enough space on the disk|os error 28/i.test(said)) {
    return new BackupError(
      "no_space",
      `There is no space left, in the target or in the folder for temporary files (${tmpdir()}). Make room, or name another one in TMPDIR.`,
    );
  }
  if (/ciphertext verification failed|config or key .* is damaged/i.test(said)) {
    return new BackupError("key_damaged", `The repository has a key that is not its own: ${line}`);
  }
  if (code === 12 || /wrong password|no (suitable )?key found|incorrect password/i.test(said)) {
    return new BackupError(
      "wrong_password",
      "The backups were made with another password. Run `hotspot hub enable` again, which fetches the right one; the portal shows it to owners.",
    );
  }
  if (code === 11 || isLockGone(said) || /already locked|unable to create lock/i.test(said)) {
    return new BackupError(
      "locked",
      "Another run uses the repository. It is tried again later; nothing is to be done.",
    );
  }
  if (PROXY.test(said)) {
    return new BackupError(
      "unreachable",
      `The proxy on the way to the bucket does not let this machine through: ${line}. Check --proxy or HTTPS_PROXY, with its user and password; --proxy none goes without.`,
    );
  }
  if (UNTRUSTED.test(said)) {
    return new BackupError(
      "unreachable",
      "The bucket shows a certificate of an authority that is not known here, as a proxy that looks into TLS does. Name the authority's certificate with --ca-file.",
    );
  }
  if (UNREACHABLE.test(said)) {
    return new BackupError(
      "unreachable",
      `The bucket cannot be reached: ${line}. Check the network of this machine; it is tried again by itself.`,
    );
  }
  if (
    code === 10 ||
    /unable to open config file|is there a repository at|no repository (config )?(file )?found/i.test(said)
  ) {
    return new BackupError("repository_missing", "There are no backups yet. Run `hotspot hub backup`.");
  }
  return new BackupError("failed", `The backup program ended with code ${code}: ${line}`);
}

/** The last line with something to say. */
function lastLine(said: string): string {
  const lines = said
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^(is there a repository|s3:)/i.test(line));
  const fatal = lines.findLast((line) => /^fatal/i.test(line)) ?? lines.at(-1) ?? "it said nothing";
  return fatal.replace(/^fatal:\s*/i, "").slice(0, 250);
}
