import type { Invoice } from "../core/billing-objects.ts";

/** One page of plain text lines, as a PDF that readers open. ASCII only: the built-in font has no more. */
export function invoicePdf(invoice: Invoice): string {
  const money = (cents: number) => `${invoice.currency.toUpperCase()} ${(cents / 100).toFixed(2)}`;
  const lines = [
    `Invoice ${invoice.number}`,
    `${invoice.customer_name ?? ""} ${invoice.customer_email ?? ""}`,
    "",
    ...invoice.lines.data.map(({ description, amount }) => `${description}   ${money(amount)}`),
    "",
    `Total ${money(invoice.total)}   Status ${invoice.status}`,
    "From a stand-in of Stripe: this is no invoice that anybody has to pay.",
  ];
  const text = lines
    .map((line) => `(${line.replace(/[^\x20-\x7e]/g, "x").replace(/[\\()]/g, "\\$&")}) Tj T*`)
    .join("\n");
  return assemble(`BT /F1 10 Tf 14 TL 40 800 Td\n${text}\nET`);
}

function assemble(content: string): string {
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  let file = "%PDF-1.4\n";
  const offsets = objects.map((object, at) => {
    const offset = file.length;
    file += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const start = file.length;
  const entries = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  return `${file}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${entries}trailer << /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
}
