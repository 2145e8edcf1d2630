export { createSealer, parseSealingKeys, SealError, type Sealer, type SealingKey } from "./sealing.ts";
