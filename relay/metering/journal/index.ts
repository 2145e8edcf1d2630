export { isHandedOver, markHandedOver } from "./done.ts";
export { Journal } from "./journal.ts";
export { isAbandoned, readOwner } from "./owner.ts";
export { type JournalItem, listJournals, readJournal } from "./reader.ts";
export { sweepJournals } from "./sweep.ts";
