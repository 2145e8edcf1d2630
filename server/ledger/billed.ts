import type { Selectable } from "kysely";
import type { MeterName, MeterPeriodsTable } from "../../db/schema/index.ts";
import { eachMeter, type MeterTotals, meterNames } from "../pricing/index.ts";

type BilledColumn = `billed_${MeterName}`;

/** What holds, per meter, the quantity that the invoice of a closed period charged for. */
export const billedColumns = meterNames.map((meter): BilledColumn => `billed_${meter}`);

/** What the invoice of a closed period charged for, from its row. */
export function billedOf(row: Pick<Selectable<MeterPeriodsTable>, BilledColumn>): MeterTotals {
  return eachMeter((meter) => row[`billed_${meter}`]!);
}
