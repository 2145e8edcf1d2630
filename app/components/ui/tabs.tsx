import { Tabs as Primitive } from "radix-ui";
import type { ReactNode } from "react";

interface TabItem {
  value: string;
  label: string;
  content: ReactNode;
}

interface TabsProps {
  label: string;
  items: TabItem[];
  value?: string;
  defaultValue?: string;
  onValueChange?: (value: string) => void;
}

// The primitives write small inline styles on the server (`outline`, `animation-duration`), which our content security
// policy refuses with a console error. Setting the same names to undefined leaves the attribute out.
const noOutlineStyle = { outline: undefined };
const noAnimationStyle = { animationDuration: undefined };

/** Panels of which one shows. Arrow keys move between the tabs. */
export function Tabs({ label, items, value, defaultValue = items[0]?.value, onValueChange }: TabsProps) {
  return (
    <Primitive.Root value={value} defaultValue={defaultValue} onValueChange={onValueChange}>
      <Primitive.List
        aria-label={label}
        style={noOutlineStyle}
        className="flex gap-1 overflow-x-auto border-b border-line"
      >
        {items.map((item) => (
          <Primitive.Trigger
            key={item.value}
            value={item.value}
            className="-mb-px shrink-0 border-b-2 border-transparent px-3 py-2 text-mute hover:text-ink focus-visible:-outline-offset-2 data-[state=active]:border-hot data-[state=active]:text-ink"
          >
            {item.label}
          </Primitive.Trigger>
        ))}
      </Primitive.List>
      {items.map((item) => (
        <Primitive.Content key={item.value} value={item.value} asChild>
          <div style={noAnimationStyle} className="pt-4">
            {item.content}
          </div>
        </Primitive.Content>
      ))}
    </Primitive.Root>
  );
}
