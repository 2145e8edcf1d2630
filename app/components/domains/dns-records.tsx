import { CircleCheck, CircleDashed } from "lucide-react";
import { CopyButton } from "~/components/ui/copy-button.tsx";
import type { Domain } from "~/lib/api-types.ts";

/** What the owner sets in the zone, each value ready to be copied, and whether we saw it. */
export function DnsRecords({ host, records }: Pick<Domain, "host" | "records">) {
  return (
    <ul aria-label={`DNS records of ${host}`} className="grid gap-3">
      {records.map((record) => (
        <li key={record.type} className="rounded-md border border-line bg-sunken px-3.5 py-2.5">
          <div className="flex flex-wrap items-center justify-between gap-x-3">
            <span className="font-medium">
              {record.type}{" "}
              <span className="font-normal text-mute">
                {record.type === "TXT" ? "proves that it is yours" : "leads requests here"}
              </span>
            </span>
            <Seen found={record.found} />
          </div>
          <dl className="mt-1 grid gap-x-4 sm:grid-cols-[3.5rem_minmax(0,1fr)]">
            <Value label="Name" what={`name of the ${record.type} record`} text={record.name} />
            <Value label="Value" what={`value of the ${record.type} record`} text={record.value} />
          </dl>
        </li>
      ))}
    </ul>
  );
}

function Value({ label, what, text }: { label: string; what: string; text: string }) {
  return (
    <>
      <dt className="text-mute sm:self-center">{label}</dt>
      <dd className="flex min-w-0 items-center justify-between gap-2">
        <code className="min-w-0 break-all">{text}</code>
        <CopyButton text={text} what={what} />
      </dd>
    </>
  );
}

function Seen({ found }: { found: boolean | null }) {
  const Icon = found ? CircleCheck : CircleDashed;
  const words = found ? "seen" : found === false ? "not seen" : "not looked for yet";
  return (
    <span className="inline-flex items-center gap-1.5 text-[0.933rem] text-mute">
      <Icon className={found ? "size-4 text-ok" : "size-4"} aria-hidden="true" />
      {words}
    </span>
  );
}
