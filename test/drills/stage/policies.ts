import { join } from 'node:path'

/** The path of a policy that is made for a drill. */
export function policy(name: 'holds' | 'throws' | 'never' | 'blocks'): string {
  return join(import.meta.dirname, '../policies', `${name}.ts`)
}

/** A rule that reads and writes the store at every message. */
export const remembers = {
  use: 'rate-limit',
  options: { count: 'messages', per: 'address', limit: 1000, seconds: 60, action: 'score', points: 1 },
}
