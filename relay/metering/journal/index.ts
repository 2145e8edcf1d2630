export { Journal } from "./journal.ts";
export { type JournalItem, listJournals, readJournal } from "./reader.ts";
