import { TunnelDiagram } from "./tunnel-diagram.tsx";

const steps = [
  {
    title: "Choose a name",
    text: "You see at once whether it is free. The name becomes the host, and it stays yours.",
  },
  {
    title: "Start the connector",
    text: "One command on the machine where your program runs. It finds Ollama, LM Studio, vLLM and llama.cpp by itself.",
  },
  {
    title: "Call it from anywhere",
    text: "Any OpenAI client, browser or webhook. Answers stream through event by event, WebSockets included.",
  },
];

export function Steps({ host }: { host: string }) {
  return (
    <section aria-labelledby="how" className="border-y border-line bg-surface">
      <div className="mx-auto max-w-6xl px-4 py-14 sm:px-6">
        <h2 id="how" className="text-[1.6rem]">
          How it works
        </h2>
        <div className="mt-8">
          <TunnelDiagram host={host} />
        </div>
        <ol className="mt-10 grid gap-x-10 gap-y-6 md:grid-cols-3">
          {steps.map((step, index) => (
            <li key={step.title} className="grid grid-cols-[auto_1fr] gap-x-3">
              <span aria-hidden="true" className="font-mono text-hot-ink">
                {index + 1}
              </span>
              <div>
                <h3 className="text-[1.067rem]">{step.title}</h3>
                <p className="mt-1.5 text-mute">{step.text}</p>
              </div>
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}
