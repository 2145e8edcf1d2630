import { Fragment, type ReactNode } from "react";
import { classNames } from "~/lib/class-names.ts";

interface Column<Row> {
  title: string;
  /** Where titles come from data and two may be the same. */
  id?: string;
  cell: (row: Row) => ReactNode;
  /** Numbers stand at the right. */
  numeric?: boolean;
  /** Left out on narrow screens: never the column that names the row. */
  wideOnly?: boolean;
  /** Column of buttons: its title is read but not seen. */
  actions?: boolean;
}

interface DataTableProps<Row> {
  /** Read out before the table. */
  caption: string;
  columns: Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** What stands under a row that is open, over its whole width; null: the row is closed. */
  detail?: (row: Row) => ReactNode;
}

/** A table that fits its sheet; what does not fit scrolls inside the sheet, never the page. */
export function DataTable<Row>({ caption, columns, rows, rowKey, detail }: DataTableProps<Row>) {
  // On narrow screens the first column may be gone: the one that is first then takes its place at the edge.
  const firstNarrow = columns.find((column) => !column.wideOnly);
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label={`${caption}, table`}
      className="overflow-x-auto focus-visible:-outline-offset-2"
    >
      <table className="w-full border-collapse text-left">
        <caption className="sr-only">{caption}</caption>
        <thead>
          <tr className="border-b border-line text-[0.867rem] text-mute">
            {columns.map((column) => (
              <th
                key={column.id ?? column.title}
                scope="col"
                className={classNames("py-2 font-medium", cellClass(column, column === firstNarrow))}
              >
                {column.actions ? <span className="sr-only">{column.title}</span> : column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const opened = detail?.(row);
            return (
              <Fragment key={rowKey(row)}>
                <tr className="border-b border-line last:border-b-0">
                  {columns.map((column) => (
                    <td
                      key={column.id ?? column.title}
                      className={classNames("py-2.5 align-middle", cellClass(column, column === firstNarrow))}
                    >
                      {column.cell(row)}
                    </td>
                  ))}
                </tr>
                {opened ? (
                  <tr className="border-b border-line last:border-b-0">
                    <td colSpan={columns.length} className="p-0">
                      {opened}
                    </td>
                  </tr>
                ) : null}
              </Fragment>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

function cellClass<Row>(column: Column<Row>, firstNarrow: boolean): string {
  return classNames(
    "px-3 first:pl-4 last:pr-4 sm:first:pl-5 sm:last:pr-5",
    (column.numeric || column.actions) && "text-right tabular-nums whitespace-nowrap",
    column.wideOnly && "max-md:hidden",
    firstNarrow && "max-md:pl-4",
  );
}
