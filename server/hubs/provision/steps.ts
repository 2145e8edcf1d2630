import { makeBucket, setLifecycle } from "./bucket.ts";
import { deleteData, keepData } from "./bucket-off.ts";
import { dropAllNames, dropUnwantedNames, setRecords } from "./dns.ts";
import { setIngress } from "./ingress.ts";
import { makeKey, revokeAllKeys, revokeOldKeys } from "./key.ts";
import type { StepName } from "./next-step.ts";
import type { Step } from "./step-context.ts";
import { makeTunnel } from "./tunnel.ts";
import { cutTunnel, removeTunnel } from "./tunnel-off.ts";

/** How each step is done. */
export const steps: Record<StepName, Step> = {
  tunnel: makeTunnel,
  ingress: setIngress,
  dns: setRecords,
  bucket: makeBucket,
  lifecycle: setLifecycle,
  key: makeKey,
  drop_hostnames: dropUnwantedNames,
  revoke_keys: revokeOldKeys,
  dns_off: dropAllNames,
  connections_off: cutTunnel,
  tunnel_off: removeTunnel,
  key_off: revokeAllKeys,
  bucket_off: keepData,
  data_off: deleteData,
};
