import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Configuration } from './load.ts'

/** Twelve hexadecimal digits that change whenever the configuration does, or a file that belongs to it: with a list, or with a policy. */
export async function fingerprint({ document, rules }: Configuration): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(document.data) ?? '')
  for (const file of rules.flatMap(({ files }) => files)) {
    // What is gone by now has been read before; that it is gone is a change of its own.
    hash.update(`\n${file}\n`).update(await readFile(file).catch(() => ''))
  }
  return hash.digest('hex').slice(0, 12)
}
