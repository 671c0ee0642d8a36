import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Size, signedMessage, sizes } from './message.ts'
import { zone } from './zone.ts'

/** The files that generator and name server read. */
export interface Fixtures {
  readonly zone: string
  readonly messages: Readonly<Record<Size, string>>
}

/** Makes them anew, signed now: the first run of a machine is like all others. */
export function makeFixtures(folder: string): Fixtures {
  mkdirSync(folder, { recursive: true })
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, 'latin1')
    return join(folder, name)
  }
  const at = new Date()
  const message = (size: Size) => write(`${size}.eml`, signedMessage(size, privateKey, at))
  return {
    zone: write('zone', zone(publicKey)),
    // The keys are those of `sizes`.
    messages: Object.fromEntries(Object.keys(sizes).map(size => [size, message(size as Size)])) as Record<Size, string>,
  }
}
