import { createContext, useContext } from "react";

/** The CSP nonce while rendering on the server; empty in the browser, which hides nonces from scripts anyway. */
export const NonceContext = createContext<string>("");

/** For `<Scripts nonce={useNonce()} />`, `<ScrollRestoration nonce=… />` and inline scripts. */
export function useNonce(): string {
  return useContext(NonceContext);
}
