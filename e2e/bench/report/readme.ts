const START = "<!-- bench:start, written by npm run bench -- --write -->";
const STOP = "<!-- bench:end -->";

/**
 * Puts `text` between the two markers of a document.
 * @throws when the markers are not there, once each and in order
 */
export function replaceBetweenMarkers(document: string, text: string): string {
  const start = document.indexOf(START);
  const stop = document.indexOf(STOP);
  if (
    start < 0 ||
    stop < start ||
    document.lastIndexOf(START) !== start ||
    document.lastIndexOf(STOP) !== stop
  ) {
    throw new Error(`the document must hold "${START}" and, below it, "${STOP}" once each`);
  }
  return `${document.slice(0, start + START.length)}\n${text}\n${document.slice(stop)}`;
}
