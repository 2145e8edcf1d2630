const promises = [
  {
    title: "Thinking takes time",
    text: "A model may be silent for minutes before its first token. No default limit cuts such a stream.",
  },
  {
    title: "Keys at the edge",
    text: "Give each consumer a key and switch the check on. A request without one never reaches your machine.",
  },
  {
    title: "Short breaks are bridged",
    text: "When your connection drops for a moment, requests wait for it instead of failing.",
  },
  {
    title: "Every request is on record",
    text: "Status, duration, bytes and key of each one, on the page of your endpoint while it happens.",
  },
  {
    title: "Errors that clients understand",
    text: "Under /v1 they have the shape OpenAI clients show; a browser gets a page, a program gets a code.",
  },
  {
    title: "The same in an API",
    text: "Everything the portal does is an HTTP call too, described by an OpenAPI document.",
  },
];

export function Promises() {
  return (
    <section aria-labelledby="promises" className="mx-auto max-w-6xl px-4 py-14 sm:px-6">
      <h2 id="promises" className="text-[1.6rem]">
        What you can rely on
      </h2>
      <dl className="mt-7 grid gap-x-10 gap-y-7 sm:grid-cols-2 lg:grid-cols-3">
        {promises.map((promise) => (
          <div key={promise.title} className="border-t border-line-strong pt-3">
            <dt className="font-semibold">{promise.title}</dt>
            <dd className="mt-1 text-mute">{promise.text}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
