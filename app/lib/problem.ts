/** The part of a refusal that a form shows; see `FormProblem` in the bridge, and refusals of auth actions. */
export interface Problem {
  message: string;
  field?: string | null;
}

/** The message when it belongs to this input. */
export function problemAt(problem: Problem | null | undefined, field: string): string | null {
  return problem?.field === field ? problem.message : null;
}

/** The message when it belongs to none of the inputs that the form has: it stands above them. */
export function problemElsewhere(problem: Problem | null | undefined, fields: string[]): string | null {
  if (!problem || (problem.field && fields.includes(problem.field))) return null;
  return problem.message;
}
