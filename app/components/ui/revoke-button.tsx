import { ConfirmedAction } from "./confirmed-action.tsx";

interface RevokeButtonProps {
  name: string;
  /** `access key`, `API key`. */
  kind: string;
  action: string;
}

/** Revokes a key after asking. */
export function RevokeButton({ name, kind, action }: RevokeButtonProps) {
  return (
    <ConfirmedAction
      verb="Revoke"
      name={name}
      title={`Revoke ${name}?`}
      lead={`Whoever uses this ${kind} is refused from now on. It cannot be brought back.`}
      done={`${name} is revoked.`}
      action={action}
    />
  );
}
