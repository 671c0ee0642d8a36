import { unwatchFile, watchFile } from 'node:fs'

const lookEveryMs = 2000

/** Looks whether files have changed, every other second: that works on network disks too, and when an editor replaces the file. */
export class FileWatch {
  readonly #onChange: () => void
  readonly #everyMs: number
  #files: readonly string[] = []

  constructor(onChange: () => void, everyMs = lookEveryMs) {
    this.#onChange = onChange
    this.#everyMs = everyMs
  }

  /** Looks at these files from now on, and at no others. */
  follow(files: readonly string[]): void {
    const [before, after] = [new Set(this.#files), new Set(files)]
    for (const file of before.difference(after)) unwatchFile(file, this.#onChange)
    for (const file of after.difference(before)) watchFile(file, { interval: this.#everyMs, persistent: false }, this.#onChange)
    this.#files = [...after]
  }
}
