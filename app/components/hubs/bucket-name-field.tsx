import { useState } from "react";
import { TextField } from "~/components/ui/field.tsx";
import { type Problem, problemAt } from "~/lib/problem.ts";

interface BucketNameFieldProps {
  /** What has to be typed. */
  name: string;
  problem: Problem | null;
  onReady: (ready: boolean) => void;
}

/** The name of the bucket, typed before what it holds is deleted. */
export function BucketNameField({ name, problem, onReady }: BucketNameFieldProps) {
  const [typed, setTyped] = useState("");
  return (
    <TextField
      label={`Type ${name} to confirm`}
      name="confirmBucket"
      className="font-mono"
      value={typed}
      onChange={(event) => {
        setTyped(event.target.value);
        onReady(event.target.value.trim() === name);
      }}
      autoComplete="off"
      autoCapitalize="none"
      spellCheck={false}
      error={problemAt(problem, "confirmBucket")}
    />
  );
}
