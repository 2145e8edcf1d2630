import * as z from "zod";

const id = z.string().regex(/^evt_\w{1,200}$/);
const type = z.string().min(1).max(200);

/** What we read of an event with its object inside, whatever API version rendered it. */
export const SnapshotEvent = z.looseObject({
  id,
  object: z.literal("event"),
  type,
  api_version: z.string().nullish(),
  created: z.number().int().nonnegative(),
  livemode: z.boolean(),
  /** Only set for an account that is connected to ours; we connect none. */
  account: z.string().nullish(),
  data: z.looseObject({
    object: z.looseObject({ id: z.string().nullish(), object: z.string().nullish() }),
    previous_attributes: z.looseObject({}).nullish(),
  }),
});
export type SnapshotEvent = z.infer<typeof SnapshotEvent>;

/** What we read of a notification that has no object inside. */
export const ThinEvent = z.looseObject({
  id,
  object: z.literal("v2.core.event"),
  type,
  created: z.iso.datetime({ offset: true }),
  livemode: z.boolean(),
  /** Another account of an organization. */
  context: z.string().nullish(),
  related_object: z.looseObject({ id: z.string() }).nullish(),
});
export type ThinEvent = z.infer<typeof ThinEvent>;
