/** Exit codes of the program; README.md has the table for users. */
export const ExitCode = {
  stopped: 0,
  unexpected: 1,
  usage: 2,
  refused: 3,
  notFound: 4,
  unreachable: 5,
  suspended: 6,
  /** `doctor` has found something; a service does not run. */
  faults: 7,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Ends the program with a sentence that says what to do, without a stack. */
export class ExitError extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.name = "ExitError";
    this.exitCode = exitCode;
  }
}

/** Bad input: the sentence names the option and what to write instead. */
export function usageError(message: string): ExitError {
  return new ExitError(ExitCode.usage, message);
}
