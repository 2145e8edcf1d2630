import * as z from "zod";

/** Pieces that the schemas of several domains share. */

/** A name as somebody typed it; the rules of slugs are applied by the verb, which explains them better. */
export const slugInput = z
  .string()
  .max(200)
  .describe("Name of the endpoint: 3-40 letters, digits and inner hyphens")
  .meta({ example: "acme" });

/** A moment, ISO 8601 in UTC. */
export const timestamp = z.string().describe("ISO 8601, UTC").meta({ example: "2026-11-20T09:30:00.000Z" });

/** Id of a row of ours. */
export const idInput = z.string().min(1).max(64);

/** What a person calls a thing. */
export const nameInput = z.string().trim().min(1).max(80);

/**
 * Booleans and numbers of request bodies. trpc-to-openapi turns on coercion for bare ones, which would take `"false"`
 * for true; it does not look behind a pipe.
 */
export const bodyBoolean = z.boolean().pipe(z.boolean());
export const bodyInteger = z.int().pipe(z.int());
export const bodyNumber = z.number().pipe(z.number());

/** How a device proves its license. Left out when the caller is signed in or sends an API key. */
export const machineCredential = z.object({
  licenseKey: z.string().min(1).max(200).optional().describe("hs_lic_…"),
  deviceId: z.string().trim().min(1).max(200).optional().describe("The device's own stable name"),
  deviceName: z
    .string()
    .trim()
    .min(1)
    .max(80)
    .optional()
    .describe("What people call it, shown in the portal"),
  platform: z.string().trim().min(1).max(80).optional().describe("Such as linux-x64"),
});
export type MachineCredential = z.infer<typeof machineCredential>;
