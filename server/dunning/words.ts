/** A day for a mail, e.g. `28 November 2026`; in UTC, as the clocks of invoices. */
export function dayInWords(at: Date): string {
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" }).format(at);
}

/** Money for a mail, e.g. `$19.00`. @param amount in the smallest unit of the currency, as Stripe counts it */
export function moneyInWords(amount: number, currency: string): string {
  const format = new Intl.NumberFormat("en-US", { style: "currency", currency: currency.toUpperCase() });
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}
