export { isHandedOver, markHandedOver } from "./done.ts";
export { crcAt, endOfRecord, HEADER_BYTES } from "./format.ts";
export { Journal, type Taken } from "./journal.ts";
export { isAbandoned, readOwner } from "./owner.ts";
export { type JournalItem, listJournals, readJournal } from "./reader.ts";
export { decodeRecord, PLAIN } from "./record-codec.ts";
export { sweepJournals } from "./sweep.ts";
