/** A figure beside the bar that it should meet. */
export interface SectionVerdict {
  label: string;
  value: number;
  bar: string;
  met: boolean;
}

/** What a part that is run by itself has to say. */
export interface Section {
  name: string;
  /** For people. */
  text: string;
  /** For the JSON report. */
  figures: unknown;
  verdicts: SectionVerdict[];
}
