import tls from "node:tls";

const contexts = new WeakMap<readonly string[], tls.SecureContext>();

/** The certificates, read once: there are over a hundred of them. */
export function secureContextFor(trusted: readonly string[]): tls.SecureContext {
  let context = contexts.get(trusted);
  if (context === undefined) {
    context = tls.createSecureContext({ ca: [...trusted] });
    contexts.set(trusted, context);
  }
  return context;
}
