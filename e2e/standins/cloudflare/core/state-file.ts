import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { State } from "./state.ts";

/** Keeps an account in a file (0600), so that what was answered outlives a kill. */
export class StateFile {
  readonly #path: string;
  #dirty = false;
  #writing: Promise<void> | null = null;

  constructor(path: string) {
    this.#path = path;
    mkdirSync(dirname(path), { recursive: true });
  }

  load(): State | null {
    return existsSync(this.#path) ? (JSON.parse(readFileSync(this.#path, "utf8")) as State) : null;
  }

  changed(): void {
    this.#dirty = true;
  }

  /** Resolves when everything that has changed by now is in the file. Writes at once are one write. */
  async saved(state: State): Promise<void> {
    while (this.#dirty || this.#writing) {
      this.#writing ??= this.#write(state).finally(() => {
        this.#writing = null;
      });
      await this.#writing;
    }
  }

  async #write(state: State): Promise<void> {
    this.#dirty = false;
    await writeFile(`${this.#path}.tmp`, JSON.stringify(state), { mode: 0o600 });
    await rename(`${this.#path}.tmp`, this.#path);
  }
}
