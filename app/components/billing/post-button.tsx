import { Form, useNavigation } from "@remix-run/react";
import type { ComponentProps } from "react";
import { Button } from "~/components/ui/button.tsx";

interface PostButtonProps extends Pick<ComponentProps<typeof Button>, "look" | "size" | "children"> {
  /** Where the form goes. */
  action: string;
  /** Further values of the form. */
  values?: Record<string, string>;
}

/** A button that is a form of its own: it changes something, or leads to a page that is made for this one click. */
export function PostButton({ action, values = {}, ...button }: PostButtonProps) {
  const navigation = useNavigation();
  const busy = navigation.state !== "idle" && navigation.formAction === action;
  return (
    <Form method="post" action={action} className="inline-flex">
      {Object.entries(values).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <Button type="submit" busy={busy} {...button} />
    </Form>
  );
}
