export { createLocalKeyService, type KeyService } from "./key-service.ts";
export { vaultUpkeepTask } from "./task.ts";
export { shredTenantKeys } from "./tenant-keys.ts";
export { createTenantVault, type SealedPlace, type TenantVault } from "./tenant-vault.ts";
export type { SealedColumn } from "./upkeep.ts";
