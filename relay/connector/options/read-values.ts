import { resolve } from "node:path";
import { usageError } from "../exit.ts";
import type { HostHeader } from "../upstream/request-head.ts";
import type { Setting } from "./fields.ts";

/** Each reader takes a setting or null and gives the checked value or null; a wrong one throws a usage error. */

const wheres = {
  flag: "on the command line",
  env: "in the environment",
  file: "in the config file",
  project: "in ./hotspot.yaml",
  user: "in config.yaml of the config directory",
} as const;

function where({ origin, place }: Setting): string {
  return place === undefined ? wheres[origin] : `in ${place}`;
}

function wrong(setting: Setting, name: string, advice: string): Error {
  return usageError(`${name} ${where(setting)} is "${setting.value}". ${advice}`);
}

export function text(setting: Setting | null, name: string, maxLength: number): string | null {
  if (setting === null) return null;
  const value = String(setting.value).trim();
  if (value === "" || value.length > maxLength) {
    throw wrong(setting, name, `Give 1 to ${maxLength} characters.`);
  }
  return value;
}

/** @param cwd where a relative path begins */
export function path(setting: Setting | null, name: string, cwd: string): string | null {
  const value = text(setting, name, 4_000);
  return value === null ? null : resolve(cwd, value);
}

export function integer(setting: Setting | null, name: string, min: number, max: number): number | null {
  if (setting === null) return null;
  const value = Number(setting.value);
  if (typeof setting.value === "boolean" || !Number.isInteger(value) || value < min || value > max) {
    throw wrong(setting, name, `Give a whole number from ${min} to ${max}.`);
  }
  return value;
}

export function flag(setting: Setting | null, name: string): boolean | null {
  if (setting === null) return null;
  const value = String(setting.value).trim().toLowerCase();
  if (value === "true" || value === "1" || value === "yes") return true;
  if (value === "false" || value === "0" || value === "no") return false;
  throw wrong(setting, name, "Say true or false.");
}

export function oneOf<T extends string>(
  setting: Setting | null,
  name: string,
  values: readonly T[],
): T | null {
  if (setting === null) return null;
  const value = values.find((candidate) => candidate === setting.value);
  if (value === undefined) throw wrong(setting, name, `Say ${values.join(" or ")}.`);
  return value;
}

/** @returns the URL without a slash at its end */
export function httpUrl(setting: Setting | null, name: string): string | null {
  if (setting === null) return null;
  const value = String(setting.value).trim();
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw wrong(setting, name, "Give a whole address, like https://portal.example.com.");
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}

/** A whole http or https address, or the path of one. */
export function urlOrPath(setting: Setting | null, name: string): string | null {
  const value = text(setting, name, 2_000);
  if (value === null || (value.startsWith("/") && !value.startsWith("//"))) return value;
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
    throw wrong(
      setting!,
      name,
      "Give a path like /health, or a whole address like http://127.0.0.1:8080/health.",
    );
  }
  return value;
}

export function relayUrl(setting: Setting | null): string | null {
  if (setting === null) return null;
  const value = String(setting.value).trim();
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || !/^wss?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw wrong(setting, "relay", "Give a WebSocket address, like wss://relay.example.com/ws/connect.");
  }
  if (url.pathname === "/") url.pathname = "/ws/connect";
  return url.href;
}

export function slug(setting: Setting | null): string | null {
  const value = text(setting, "slug", 253);
  if (value === null) return null;
  const name = value.toLowerCase();
  if (!/^[a-z0-9](?:[a-z0-9-]{1,38}[a-z0-9])$/.test(name)) {
    throw wrong(
      setting!,
      "slug",
      "Give only the first part of the host name: 3 to 40 letters, digits and inner hyphens, like acme.",
    );
  }
  return name;
}

/** The value of a wrong key is never repeated. */
export function licenseKey(setting: Setting | null): string | null {
  if (setting === null) return null;
  const value = String(setting.value).trim();
  if (value.startsWith("hs_api_")) {
    throw usageError("That license key is an API key. Use it with `hotspot login --api-key`.");
  }
  if (/^hs_(?!lic_)/.test(value) || value.length > 200 || !/^[\x21-\x7e]+$/.test(value)) {
    throw usageError(
      `license-key ${where(setting)} is not a license key. It starts with hs_lic_ and is on the portal's license page.`,
    );
  }
  return value;
}

export function hostHeader(setting: Setting | null): HostHeader {
  const value = text(setting, "host-header", 253);
  if (value === null || value === "rewrite" || value === "preserve") return value ?? "rewrite";
  if (!/^[A-Za-z0-9.-]+(?::\d{1,5})?$|^\[[0-9A-Fa-f:.]+\](?::\d{1,5})?$/.test(value)) {
    throw wrong(setting!, "host-header", "Say rewrite, preserve, or a host name like app.example.com.");
  }
  return { value };
}
