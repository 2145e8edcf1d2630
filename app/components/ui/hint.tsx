import { Tooltip as Primitive } from "radix-ui";
import type { ReactNode } from "react";

interface HintProps {
  text: string;
  /** Something that takes focus, so that the hint is there for the keyboard too. */
  children: ReactNode;
}

/** A few words about what is under the pointer or has focus. Never the only place where something is said. */
export function Hint({ text, children }: HintProps) {
  return (
    <Primitive.Provider delayDuration={300}>
      <Primitive.Root>
        <Primitive.Trigger asChild>{children}</Primitive.Trigger>
        <Primitive.Portal>
          <Primitive.Content
            sideOffset={6}
            collisionPadding={8}
            className="z-50 max-w-72 rounded-sm bg-ink px-2.5 py-1.5 text-[0.867rem] text-bg shadow-pop"
          >
            {text}
          </Primitive.Content>
        </Primitive.Portal>
      </Primitive.Root>
    </Primitive.Provider>
  );
}
