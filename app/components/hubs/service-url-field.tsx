import { TextField } from "~/components/ui/field.tsx";

interface ServiceUrlFieldProps {
  value: string;
  hint: string;
  error: string | null | undefined;
}

/** What a hub's tunnel leads to on its machine. */
export function ServiceUrlField({ value, hint, error }: ServiceUrlFieldProps) {
  return (
    <TextField
      label="What it serves"
      name="serviceUrl"
      className="font-mono"
      defaultValue={value}
      autoComplete="off"
      spellCheck={false}
      maxLength={300}
      required
      hint={hint}
      error={error}
    />
  );
}
