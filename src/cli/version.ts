import { readFileSync } from 'node:fs'

/** From the package that we run in: its top is one folder higher when it has been built. */
export function version(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const { version }: { readonly version: string } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))
      return version
    } catch {
      // not there: the other
    }
  }
  return 'unknown'
}
