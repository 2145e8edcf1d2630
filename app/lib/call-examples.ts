interface Call {
  publicBaseUrl: string;
  requireAccessKey: boolean;
}

/** A chat completion by curl; without a required key nothing about keys is said. */
export function curlExample({ publicBaseUrl, requireAccessKey }: Call): string {
  const lines = [`curl ${publicBaseUrl}/v1/chat/completions`];
  if (requireAccessKey) lines.push(`-H "authorization: Bearer $HOTSPOT_ACCESS_KEY"`);
  lines.push(`-H 'content-type: application/json'`);
  lines.push(`-d '{"model":"llama3.2","messages":[{"role":"user","content":"Hello"}]}'`);
  return lines.join(" \\\n  ");
}

/** The same with the openai package, which wants some key even where none is checked. */
export function pythonExample({ publicBaseUrl, requireAccessKey }: Call): string {
  const key = requireAccessKey ? `os.environ["HOTSPOT_ACCESS_KEY"]` : `"unused"`;
  return [
    ...(requireAccessKey ? ["import os"] : []),
    "from openai import OpenAI",
    "",
    `client = OpenAI(base_url="${publicBaseUrl}/v1", api_key=${key})`,
    `stream = client.chat.completions.create(model="llama3.2", stream=True,`,
    `    messages=[{"role": "user", "content": "Hello"}])`,
    "for chunk in stream:",
    `    print(chunk.choices[0].delta.content or "", end="")`,
  ].join("\n");
}
