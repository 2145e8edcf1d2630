/** Room around the plot in CSS pixels, the same for the drawing that comes with the page and for the one that follows. */
export const CHART = { height: 300, left: 60, right: 4, top: 8, bottom: 26 } as const;
/** More buckets than this are an area: bars would be thinner than the gaps between them. */
export const MAX_BARS = 100;
