/** What a row needs is not on this machine: that is no fault, and nothing is measured. */
export class Absent extends Error {}
