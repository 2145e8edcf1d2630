import { DropdownMenu as Primitive } from "radix-ui";
import type { ReactNode } from "react";

interface MenuProps {
  /** The button; gets the menu's aria attributes. */
  trigger: ReactNode;
  children: ReactNode;
}

export function Menu({ trigger, children }: MenuProps) {
  return (
    <Primitive.Root modal={false}>
      <Primitive.Trigger asChild>{trigger}</Primitive.Trigger>
      <Primitive.Portal>
        <Primitive.Content
          align="end"
          sideOffset={6}
          collisionPadding={12}
          className="z-50 min-w-52 rounded-md border border-line bg-surface p-1 shadow-pop rising"
        >
          {children}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}

/** One line of a menu; `children` is the link or button. */
export function MenuItem({ children, onSelect }: { children: ReactNode; onSelect?: (event: Event) => void }) {
  return (
    <Primitive.Item
      asChild
      onSelect={onSelect}
      className="flex min-h-9 w-full items-center gap-2.5 rounded-sm px-2.5 text-left outline-none data-[highlighted]:bg-sunken"
    >
      {children}
    </Primitive.Item>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <Primitive.Label className="px-2.5 py-2">{children}</Primitive.Label>;
}

export function MenuSeparator() {
  return <Primitive.Separator className="mx-1 my-1 h-px bg-line" />;
}
