import { expect, test } from "vitest";
import { explainFailure, isHopelessRetry } from "./failure.ts";

const atRepository =
  "Is there a repository at the following location?\ns3:https://r2.example/b/hubs/1/restic\n";

test.each([
  ["key_refused", `Fatal: unable to open config file: Stat: Access Denied.\n${atRepository}`, 1],
  ["key_refused", `Fatal: unable to open config file: Stat: 401 Unauthorized\n${atRepository}`, 1],
  [
    "bucket_missing",
    "Fatal: create repository at s3:https://r2.example/b failed: client.MakeBucket: Access Denied.\n",
    1,
  ],
  [
    "repository_missing",
    `Fatal: unable to open config file: Stat: The specified key does not exist.\n${atRepository}`,
    1,
  ],
  ["repository_missing", "", 10],
  ["wrong_password", "Fatal: wrong password or no key found\n", 1],
  ["wrong_password", "", 12],
  ["key_damaged", "Fatal: config or key 32ac58 is damaged: ciphertext verification failed\n", 1],
  [
    "locked",
    "unable to create lock in backend: repository is already locked exclusively by PID 12 on box by root\n",
    1,
  ],
  [
    "unreachable",
    'Fatal: unable to open config file: Stat: Head "https://r2.example/": dial tcp: lookup r2.example: no such host\n',
    1,
  ],
  ["no_space", "Fatal: unable to save snapshot: write /tmp/restic-temp-pack-1: no space left on device\n", 1],
  ["failed", "Fatal: something new\n", 1],
  ["failed", "", 2],
] as const)("%s: %s", (fault, said, code) => {
  const error = explainFailure(said, code);
  expect(error.fault).toBe(fault);
  expect(error.message).toMatch(/\w{3}/);
});

test("what was never heard of is told as it was said", () => {
  expect(explainFailure("reading\nFatal: something new\nother\n", 1).message).toContain("something new");
});

test("a refused request, or one for what is gone, that would be tried again in vain ends the run; one over a bad network does not", () => {
  const retry = "Save(<data/5582def7c9>) returned error, retrying after 720.254544ms: client.PutObject";
  expect(isHopelessRetry(`${retry}: Access Denied.`)).toBe(true);
  const gone =
    "Load(<data/5582def7c9>, 0, 0) returned error, retrying after 1.2s: The specified key does not exist.";
  expect(isHopelessRetry(gone)).toBe(true);
  expect(explainFailure(`${gone}\n`, -1).fault).toBe("data_lost");
  const lock = gone.replace("data", "lock");
  expect(isHopelessRetry(lock)).toBe(true);
  expect(explainFailure(`${lock}\n`, -1).fault).toBe("locked");
  expect(explainFailure(`${lock}\n${gone}\n`, -1).fault).toBe("data_lost");
  expect(isHopelessRetry(`${retry}: Put "https://r2.example/": Proxy Authentication Required`)).toBe(true);
  expect(isHopelessRetry(`${retry}: x509: certificate signed by unknown authority`)).toBe(true);
  expect(
    isHopelessRetry(`${retry}: proxyconnect tcp: dial tcp 127.0.0.1:1: connect: connection refused`),
  ).toBe(false);
  expect(isHopelessRetry(`${retry}: dial tcp 127.0.0.1:1: connect: connection refused`)).toBe(false);
});
