/** What a question to the store costs, in microseconds of CPU, all writing included: `bench/store.ts [OPERATIONS]`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import type { Store } from '../src/engine/store.ts'
import { memoryStore } from '../src/world/memory-store.ts'
import { openSqliteStore } from '../src/world/sqlite-store.ts'

const operations = Number(process.argv[2] ?? 50_000)
const folder = mkdtempSync(join(tmpdir(), 'postern-store-'))
const now = () => new Date()
const key = (n: number) => `greylist\nsender-${n}.example > example.org`

const work: Readonly<Record<string, (store: Store, n: number) => Promise<unknown>>> = {
  'get what is not there': (store, n) => store.get(key(n)),
  'set a new key': (store, n) => store.set(key(n), { first: n, hasPassed: false }, 86_400),
  'get what is there': (store, n) => store.get(key(n)),
  'add to a new key': (store, n) => store.add(`rate-limit\n10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, 1, 60),
  'add to one of 100 keys': (store, n) => store.add(`rate-limit\n${n % 100}`, 1, 60),
}

for (const [what, operate] of Object.entries(work)) {
  await measure(`memory: ${what}`, memory(), operate)
  await measure(`file: ${what}`, file(), operate)
}
rmSync(folder, { recursive: true })

function memory() {
  const store = memoryStore(now)
  return { store, end: () => {} }
}

function file() {
  const store = openSqliteStore(join(folder, 'store.sqlite'), now)
  return { store, end: () => store.close() }
}

async function measure(
  what: string,
  { store, end }: ReturnType<typeof memory>,
  operate: (store: Store, n: number) => Promise<unknown>,
) {
  const before = process.cpuUsage()
  let longest = 0
  for (let n = 0; n < operations; n += 1) {
    const started = performance.now()
    await operate(store, n)
    // Mail comes in between: timers get their turn.
    if (n % 20 === 0) await turn()
    longest = Math.max(longest, performance.now() - started)
  }
  end()
  const { user, system } = process.cpuUsage(before)
  console.log(
    `${what.padEnd(32)} ${((user + system) / operations).toFixed(1).padStart(6)} us, longest wait ${longest.toFixed(0)} ms`,
  )
}
