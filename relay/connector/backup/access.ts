/** The part of a bucket that is one hub's, and the keys to it. */
export interface BucketAccess {
  /** Of the S3 API, e.g. `https://<account>.r2.cloudflarestorage.com`. */
  readonly endpoint: string;
  readonly name: string;
  /** Without slashes at its ends; all that this hub writes is under it. */
  readonly prefix: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What opens a repository: the keys get at its objects, the password decrypts them. */
export interface RepositoryAccess {
  readonly bucket: BucketAccess;
  readonly password: string;
}

/** Where the hub's repository is, as restic writes it; the same for plain restic by hand. */
export function resticRepository({ endpoint, name, prefix }: BucketAccess): string {
  return `s3:${endpoint.replace(/\/+$/, "")}/${name}/${repositoryPrefix(prefix)}`;
}

/** Prefix of the repository's objects, without slashes at its ends. */
export function repositoryPrefix(prefix: string): string {
  return [...prefix.split("/").filter(Boolean), "restic"].join("/");
}
