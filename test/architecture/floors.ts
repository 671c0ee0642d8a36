import { dirname, join, normalize } from 'node:path'

/** A part of the house: what it may import besides itself. */
interface Room {
  readonly below: readonly string[]
  /** Packages, and modules of Node: `*` at the end stands for all that begin so. */
  readonly packages: readonly string[]
}

const floorOne = ['src/mail', 'src/engine', 'src/index.ts']
const floorTwo = [
  ...floorOne,
  'src/sqlite',
  'src/accounts',
  'src/facts',
  'src/expression',
  'src/world',
  'src/dsn',
  'src/relay',
  'src/queue',
  'src/mx',
  'src/report',
  'src/journal',
  'src/metrics',
  'policies',
]
const floorThree = [...floorTwo, 'src/replay', 'src/smtp', 'src/signing', 'src/doctor']
const floorFour = [...floorThree, 'src/config']
const everything = [...floorFour, 'src/cli', 'src/testing.ts', 'src/testing']

/** Who may know whom. A package that is not listed for a folder is confined elsewhere. */
export const rooms: Readonly<Record<string, Room>> = {
  'src/mail': { below: [], packages: ['node:net', 'node:url', 'node:crypto', 'node:buffer', 'ipaddr.js', 'tldts'] },
  'src/engine': { below: ['src/mail'], packages: ['zod'] },
  'src/index.ts': { below: ['src/mail', 'src/engine'], packages: ['zod'] },
  'src/facts': {
    below: floorOne,
    packages: ['node:net', 'node:util', 'node:crypto', 'node:timers/promises', 'mailauth/*', 'postal-mime', 'lru-cache', 'zod'],
  },
  'src/expression': { below: floorOne, packages: ['@marcbachmann/cel-js', 're2js', 'zod'] },
  'src/sqlite': { below: [], packages: ['node:fs', 'node:sqlite'] },
  'src/world': { below: [...floorOne, 'src/sqlite'], packages: ['node:*', 'dns-packet', 'ipaddr.js', 'lru-cache'] },
  'src/accounts': { below: floorOne, packages: ['node:*'] },
  'src/dsn': { below: floorOne, packages: ['node:crypto'] },
  'src/relay': { below: floorOne, packages: ['node:*'] },
  // Delivery by MX speaks through the client of relay, and so stands on it.
  'src/mx': { below: [...floorOne, 'src/relay'], packages: ['node:*'] },
  'src/queue': { below: [...floorOne, 'src/sqlite', 'src/dsn', 'src/relay'], packages: ['node:*'] },
  'src/report': { below: floorOne, packages: ['node:*', 'pino', 'pino-pretty'] },
  'src/journal': { below: [...floorOne, 'src/sqlite'], packages: ['node:*'] },
  'src/metrics': { below: floorOne, packages: ['node:*', 'prom-client'] },
  policies: { below: [], packages: ['postern', 'postern/expression', 'postern/facts'] },
  'src/replay': { below: [...floorOne, 'src/report'], packages: [] },
  'src/smtp': { below: floorTwo, packages: ['node:*', 'smtp-server', 'smtp-server/*'] },
  'src/signing': { below: floorTwo, packages: ['node:crypto'] },
  'src/doctor': { below: floorTwo, packages: ['node:net', 'node:os', 'dnsbl'] },
  'src/config': { below: [...floorTwo, 'src/signing', 'src/doctor'], packages: ['node:*', 'yaml', 'zod'] },
  // The text of a new policy, which is part of a command, names what a policy imports.
  'src/cli': { below: floorFour, packages: ['node:*', 'commander', 'postern', 'postern/*'] },
  'src/testing.ts': { below: everything, packages: ['node:*', 'zod'] },
  'src/testing': { below: everything, packages: ['node:*', 'zod'] },
}

/** The room that a file is in. */
export function roomOf(path: string): string | undefined {
  return Object.keys(rooms).find(room => path === room || path.startsWith(`${room}/`))
}

/** Whether the floors let a file import this. */
export function mayImport(path: string, specifier: string): boolean {
  const home = roomOf(path)
  const room = home && rooms[home]
  if (!room) return false
  if (!specifier.startsWith('.')) return room.packages.some(allowed => isNamed(specifier, allowed))
  const target = roomOf(normalize(join(dirname(path), specifier)))
  return target !== undefined && (target === home || room.below.includes(target))
}

function isNamed(specifier: string, allowed: string): boolean {
  return allowed.endsWith('*') ? specifier.startsWith(allowed.slice(0, -1)) : specifier === allowed
}
