import { buildSchema, graphql } from "graphql";
import { grants } from "../core/permissions.ts";
import type { World } from "../core/world.ts";

/** As far as R2's usage goes; a query for a field that is not there is refused, as by Cloudflare. */
const schema = buildSchema(`
  scalar string
  scalar Time
  scalar Date
  scalar uint64
  type Query { viewer: Viewer }
  type Viewer { accounts(filter: AccountFilter, limit: uint64): [Account!]! }
  input AccountFilter { accountTag: string }
  type Account {
    r2StorageAdaptiveGroups(limit: uint64!, filter: StorageFilter, orderBy: [StorageOrder!]): [StorageGroup!]!
    r2OperationsAdaptiveGroups(limit: uint64!, filter: OperationsFilter, orderBy: [OperationsOrder!]): [OperationsGroup!]!
  }
  input StorageFilter {
    datetime: Time, datetime_geq: Time, datetime_leq: Time, datetime_gt: Time, datetime_lt: Time
    date: Date, date_geq: Date, date_leq: Date, date_gt: Date, date_lt: Date
    bucketName: string, bucketName_in: [string!], AND: [StorageFilter!]
  }
  input OperationsFilter {
    datetime: Time, datetime_geq: Time, datetime_leq: Time, datetime_gt: Time, datetime_lt: Time
    date: Date, date_geq: Date, date_leq: Date, date_gt: Date, date_lt: Date
    bucketName: string, bucketName_in: [string!], AND: [OperationsFilter!]
    actionType: string, actionType_in: [string!], actionStatus: string, responseStatusCode: uint64
  }
  enum StorageOrder { datetime_ASC datetime_DESC date_ASC date_DESC bucketName_ASC bucketName_DESC }
  enum OperationsOrder { datetime_ASC datetime_DESC date_ASC date_DESC bucketName_ASC bucketName_DESC }
  type StorageGroup { max: StorageMax!, dimensions: StorageDimensions! }
  type StorageMax { objectCount: uint64!, uploadCount: uint64!, payloadSize: uint64!, metadataSize: uint64! }
  type StorageDimensions { bucketName: string!, date: Date!, datetime: Time!, datetimeHour: Time! }
  type OperationsGroup { sum: OperationsSum!, dimensions: OperationsDimensions! }
  type OperationsSum { requests: uint64! }
  type OperationsDimensions {
    bucketName: string!, actionType: string!, actionStatus: string!, responseStatusCode: uint64!
    date: Date!, datetime: Time!, datetimeHour: Time!
  }
`);

/** Older rows are not had. */
const RETENTION_MS = 31 * 86_400_000;
const MAX_ROWS = 10_000;

interface Row {
  bucketName: string;
  hour: string;
  actionType?: string;
  actionStatus?: string;
  responseStatusCode?: number;
}
type Filter = { AND?: Filter[] } & Record<string, unknown>;
interface ListArguments {
  limit: number;
  filter?: Filter;
  orderBy?: string[];
}

/** `POST /graphql`. What goes wrong is told with status 200 and `errors`. */
export async function answerGraphql(
  world: World,
  body: { query?: string; variables?: Record<string, unknown> },
) {
  const select = <R extends Row>(rows: readonly R[], { limit, filter, orderBy }: ListArguments) => {
    if (limit > MAX_ROWS) throw new Error(`limit must not exceed ${MAX_ROWS}`);
    const since = new Date(Date.now() - RETENTION_MS).toISOString();
    const kept = rows.filter((row) => row.hour >= since.slice(0, 13) && passes(row, filter ?? {}));
    const descending = orderBy?.[0]?.endsWith("_DESC") ? -1 : 1;
    const key = (row: R) => (orderBy?.[0]?.startsWith("bucketName") ? row.bucketName : row.hour);
    return kept.toSorted((a, b) => (key(a) < key(b) ? -1 : 1) * descending).slice(0, limit);
  };
  const dimensions = (row: Row) => ({
    ...row,
    date: row.hour.slice(0, 10),
    datetime: row.hour,
    datetimeHour: row.hour,
  });
  const accounts = ({ filter }: { filter?: { accountTag?: string } }) => {
    if (!grants(world.granted, "Account Analytics Read") || filter?.accountTag !== world.accountId)
      throw new Error("not authorized for that account");
    return [
      {
        r2StorageAdaptiveGroups: (given: ListArguments) =>
          select(world.state.storage, given).map((row) => ({ max: row, dimensions: dimensions(row) })),
        r2OperationsAdaptiveGroups: (given: ListArguments) =>
          select(world.state.operations, given).map((row) => ({ sum: row, dimensions: dimensions(row) })),
      },
    ];
  };
  const { data, errors } = await graphql({
    schema,
    source: body.query ?? "",
    rootValue: { viewer: { accounts } },
    variableValues: body.variables ?? {},
  });
  const told = errors?.map(({ message, path }) => ({
    message,
    path: path ?? null,
    extensions: { code: "error" },
  }));
  return { data: told ? null : (data ?? null), errors: told ?? null };
}

function passes(row: Row, filter: Filter): boolean {
  return Object.entries(filter).every(([name, wanted]) => {
    if (name === "AND") return (wanted as Filter[]).every((one) => passes(row, one));
    const [field, comparison = "eq"] = name.split("_") as [string, string?];
    const value =
      field === "datetime" ? row.hour : field === "date" ? row.hour.slice(0, 10) : row[field as keyof Row];
    // A row stands for its whole hour: it is in as soon as a part of it is.
    const bound =
      field === "datetime" && comparison !== "eq" ? `${String(wanted).slice(0, 13)}:00:00Z` : wanted;
    return compare(comparison, value as string, bound as string);
  });
}

function compare(comparison: string, value: string, wanted: string): boolean {
  if (comparison === "geq") return value >= wanted;
  if (comparison === "leq") return value <= wanted;
  if (comparison === "gt") return value > wanted;
  if (comparison === "lt") return value < wanted;
  if (comparison === "in") return wanted.includes(value);
  return value === wanted;
}
