/** Time of a trial, ms: it stands still until somebody moves it, and what is due on the way happens in order. */
export class Agenda {
  time: number;
  private entries: { at: number; run: () => void }[] = [];

  constructor(start: number) {
    this.time = start;
  }

  at(time: number, run: () => void): void {
    this.entries.push({ at: time, run });
  }

  advanceTo(time: number): void {
    for (;;) {
      let first = -1;
      for (let i = 0; i < this.entries.length; i++) {
        if (this.entries[i]!.at > time) continue;
        if (first < 0 || this.entries[i]!.at < this.entries[first]!.at) first = i;
      }
      if (first < 0) break;
      const [entry] = this.entries.splice(first, 1);
      this.time = Math.max(this.time, entry!.at);
      entry!.run();
    }
    this.time = Math.max(this.time, time);
  }
}
