/** The text of a form's input, trimmed; empty when it was not sent. For passwords use `rawText`. */
export function formText(form: FormData, name: string): string {
  return rawText(form, name).trim();
}

/** The text of an input as it was typed. A file in its place counts as nothing. */
export function rawText(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}
