import * as z from "zod";
import { idInput } from "../schemas.ts";

export const ReleaseDeviceInput = z.object({ id: idInput });
export type ReleaseDeviceInput = z.infer<typeof ReleaseDeviceInput>;

export const ReleaseDeviceOutput = z.object({ id: z.string(), deviceId: z.string() });
export type ReleaseDeviceOutput = z.infer<typeof ReleaseDeviceOutput>;
