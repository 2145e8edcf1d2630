/** A connection that waits for its turn. */
export interface LaneTask {
  onTurn(): void;
  /** Ends the connection: `onTurn` threw, and its state is unknown. */
  cut(): void;
}

/**
 * Work of connections that bring much of it at once: each turn of the event loop does a little, oldest first, and what
 * all others ask for goes between. While there is little of it, nothing waits.
 */
export class SideLane {
  private readonly perTurn: number;
  private readonly nextTurn: (run: () => void) => void;
  private readonly runTurn = () => this.run();
  private readonly onFault: (error: unknown) => void;
  private waiting: LaneTask[] = [];
  private left: number;
  private scheduled = false;

  /**
   * @param perTurn tasks that one turn does
   * @param nextTurn calls back when the next turn is
   * @param onFault hears what a task throws; the others have their turns
   */
  constructor(perTurn: number, nextTurn: (run: () => void) => void, onFault: (error: unknown) => void) {
    this.perTurn = perTurn;
    this.nextTurn = nextTurn;
    this.onFault = onFault;
    this.left = perTurn;
  }

  /** More has come in this turn than it does. */
  get isBusy(): boolean {
    return this.waiting.length > 0;
  }

  /** @returns whether the caller may go on at once; it counts as one of this turn. Else it calls `add` */
  tryNow(): boolean {
    if (this.left === 0 || this.waiting.length > 0) return false;
    this.left--;
    this.schedule();
    return true;
  }

  /** Its turn comes later, behind those that wait already. */
  add(task: LaneTask): void {
    this.waiting.push(task);
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.nextTurn(this.runTurn);
  }

  private run(): void {
    this.scheduled = false;
    this.left = this.perTurn;
    const tasks = this.waiting.splice(0, this.perTurn);
    if (tasks.length === 0) return;
    this.left -= tasks.length;
    this.schedule();
    for (const task of tasks) {
      try {
        task.onTurn();
      } catch (error) {
        this.onFault(error);
        task.cut();
      }
    }
  }
}
