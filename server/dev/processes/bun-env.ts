/**
 * What Bun's allocator is told when a relay or a connector is started: memory that was freed is given back to the system
 * after 10 s instead of a tenth of a second. A process under load would ask for the same pages again at once, and each costs
 * a page fault: a tenth of the relay's CPU, a fifth of it during large transfers. Ten thousand idle links take what they took.
 */
export const bunEnv = { MIMALLOC_PURGE_DELAY: "10000" } as const;
