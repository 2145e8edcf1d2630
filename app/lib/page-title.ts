/** The meta descriptors of a page: its title with the product's name. */
export function pageTitle(title?: string) {
  return [
    { title: title ? `${title} · Hotspot` : "Hotspot: a public address for what runs on your machine" },
  ];
}
