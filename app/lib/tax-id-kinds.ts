/** Kinds of tax id that the form offers, by Stripe's word. The API takes every kind that Stripe knows. */
export const taxIdKinds = [
  { type: "eu_vat", title: "EU VAT number", example: "DE123456789" },
  { type: "gb_vat", title: "UK VAT number", example: "GB123456789" },
  { type: "us_ein", title: "US EIN", example: "12-3456789" },
  { type: "ca_gst_hst", title: "Canada GST/HST", example: "123456789RT0002" },
  { type: "ch_vat", title: "Switzerland VAT", example: "CHE-123.456.789 MWST" },
  { type: "no_vat", title: "Norway VAT", example: "123456789MVA" },
  { type: "au_abn", title: "Australia ABN", example: "12345678912" },
  { type: "nz_gst", title: "New Zealand GST", example: "123456789" },
  { type: "in_gst", title: "India GST", example: "12ABCDE3456FGZH" },
  { type: "jp_trn", title: "Japan registration number", example: "T1234567891234" },
  { type: "sg_gst", title: "Singapore GST", example: "M12345678X" },
  { type: "br_cnpj", title: "Brazil CNPJ", example: "01.234.456/5432-10" },
] as const;

/** What people call a kind of tax id; of a kind that the form does not offer, Stripe's own word. */
export function taxIdTitle(type: string): string {
  return taxIdKinds.find((kind) => kind.type === type)?.title ?? type.replaceAll("_", " ").toUpperCase();
}
