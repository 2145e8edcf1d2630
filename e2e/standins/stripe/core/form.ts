/** What a form field or a bracketed group of them holds. */
export type FormValue = string | FormValue[] | { [key: string]: FormValue };
export type FormObject = { [key: string]: FormValue };

/**
 * Reads `a=1&b[c]=2&d[0][e]=3&f[]=4` the way Stripe does: brackets nest, a group whose keys are 0, 1, 2 … is a list.
 * Serves bodies and query strings. A later value of the same name replaces an earlier one.
 */
export function decodeForm(text: string): FormObject {
  const root: Nested = new Map();
  for (const [name, value] of new URLSearchParams(text)) put(root, pathOf(name), value);
  return plain(root) as FormObject;
}

type Nested = Map<string, string | Nested>;

function pathOf(name: string): string[] {
  const bracket = name.indexOf("[");
  if (bracket < 1) return [name];
  const inner = [...name.slice(bracket).matchAll(/\[([^\]]*)\]/g)].map((match) => match[1]!);
  return [name.slice(0, bracket), ...inner];
}

function put(at: Nested, [head, ...rest]: string[], value: string): void {
  const key = head === "" ? String(at.size) : head!;
  if (rest.length === 0) {
    at.set(key, value);
    return;
  }
  const below = at.get(key);
  const next: Nested = below instanceof Map ? below : new Map();
  at.set(key, next);
  put(next, rest, value);
}

function plain(value: string | Nested): FormValue {
  if (typeof value === "string") return value;
  const keys = [...value.keys()];
  if (keys.length > 0 && keys.every((key) => /^\d+$/.test(key))) {
    return keys.sort((a, b) => Number(a) - Number(b)).map((key) => plain(value.get(key)!));
  }
  // No prototype: a field called `__proto__` is a field like any other.
  const object: FormObject = Object.create(null);
  for (const [key, below] of value) object[key] = plain(below);
  return object;
}
