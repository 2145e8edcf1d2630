/** A public address cut around the endpoint's name, for a field that sits where the name goes. */
export function splitAddress(publicUrl: string, slug: string): { before: string; after: string } {
  const at = publicUrl.indexOf(slug);
  return { before: publicUrl.slice(0, at), after: publicUrl.slice(at + slug.length) };
}
