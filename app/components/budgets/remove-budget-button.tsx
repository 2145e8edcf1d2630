import { ConfirmedAction } from "~/components/ui/confirmed-action.tsx";
import { paths } from "~/lib/paths.ts";

interface RemoveBudgetButtonProps {
  id: string;
  /** What it limits, and for whom. */
  name: string;
  hard: boolean;
}

/** Takes a budget away after asking. */
export function RemoveBudgetButton({ id, name, hard }: RemoveBudgetButtonProps) {
  return (
    <ConfirmedAction
      verb="Remove"
      name={name}
      title="Remove this budget?"
      lead={
        hard
          ? `${name}: nothing is stopped at this limit any more, and no mails are sent about it. What is used stays counted.`
          : `${name}: no mails are sent about it any more. What is used stays counted.`
      }
      done="Budget removed."
      action={paths.budget(id)}
    />
  );
}
