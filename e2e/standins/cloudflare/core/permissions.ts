/** What a token can be allowed, by the names of Cloudflare's dashboard; ids as its API lists them. */
export const permissions = {
  "Cloudflare Tunnel Write": { id: "c07321b023e944ff818fec44d8203567", scope: "com.cloudflare.api.account" },
  "Cloudflare Tunnel Read": { id: "efea2ab8357b47888938f101ae5e053f", scope: "com.cloudflare.api.account" },
  "Workers R2 Storage Write": { id: "bf7481a1826f439697cb59a20b22293e", scope: "com.cloudflare.api.account" },
  "Workers R2 Storage Read": { id: "b4992e1108244f5d8bfbd5744320c2e1", scope: "com.cloudflare.api.account" },
  "Account API Tokens Write": { id: "5bc3f8b21c554832afc660159ab75fa4", scope: "com.cloudflare.api.account" },
  "Account API Tokens Read": { id: "eb56a6953c034b9d97dd838155666f06", scope: "com.cloudflare.api.account" },
  "Account Analytics Read": { id: "b89a480218d04ceb98b4fe57ca29dc1f", scope: "com.cloudflare.api.account" },
  "DNS Write": { id: "4755a26eedb94da69e1066d98aa820be", scope: "com.cloudflare.api.account.zone" },
  "DNS Read": { id: "82e64a83756745bbbb1c9c2701bf816b", scope: "com.cloudflare.api.account.zone" },
  "Zone Read": { id: "c8fed203ed3043cba015a93ad1616f1f", scope: "com.cloudflare.api.account.zone" },
  "Workers R2 Storage Bucket Item Write": {
    id: "2efd5506f9c8494dacb1fa10a3e7d5b6",
    scope: "com.cloudflare.edge.r2.bucket",
  },
  "Workers R2 Storage Bucket Item Read": {
    id: "6a018a9f2fc74eb6b293b0c548f38b39",
    scope: "com.cloudflare.edge.r2.bucket",
  },
} as const;

export type Permission = keyof typeof permissions;

/** Writing includes reading. */
export function grants(granted: ReadonlySet<Permission>, wanted: Permission): boolean {
  return granted.has(wanted) || granted.has(wanted.replace(/ Read$/, " Write") as Permission);
}
