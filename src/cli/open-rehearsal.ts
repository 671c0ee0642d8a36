import { existsSync } from 'node:fs'
import { storeFile } from '../config/data-folder.ts'
import { buildGateway } from '../config/gateway.ts'
import type { Configuration } from '../config/load.ts'
import type { Checked } from '../config/problem.ts'
import type { Gateway } from '../engine/gateway.ts'
import type { Rule } from '../engine/rule.ts'
import { partOf, type Store } from '../engine/store.ts'
import { dryStore } from '../report/dry-store.ts'
import { openLog } from '../report/log.ts'
import { dryGateway, dryTransport } from '../report/rehearsal.ts'
import { memoryStore } from '../world/memory-store.ts'
import { openSqliteStore } from '../world/sqlite-store.ts'

/** A gateway that judges as the live one, and changes nothing. */
export interface Rehearsal {
  readonly gateway: Gateway
  readonly rules: readonly Rule[]
  /** The same rules as they remember the world now: what they write is forgotten with them. */
  readonly afresh: (rules: readonly Rule[]) => Rule[]
  readonly close: () => void
}

/** Opens a gateway with the real rules, the real DNS and the real memory, but without any effect. */
export async function openRehearsal(configuration: Configuration): Promise<Checked<Rehearsal>> {
  // Trouble with blocklists belongs beside the explanation, not into it.
  const log = openLog({ pretty: true, to: 2 })
  const { store, close } = openMemory(configuration)
  const built = await buildGateway(configuration, { store, log, open: ({ to }) => dryTransport(to.text) })
  if ('problems' in built) return built
  await built.value.tested
  const gateway = dryGateway(built.value.gateway)
  return {
    value: {
      gateway,
      rules: gateway.rulebook.rules,
      afresh: rules => {
        const dry = dryStore(store, gateway.world.now)
        return rules.map(rule => ({ ...rule, store: partOf(dry, rule.name) }))
      },
      close: () => {
        built.value.close()
        close()
      },
    },
  }
}

/** The store of the running gateway, when there is one: who asks may not be allowed to read it. */
export function openMemory({ data }: Pick<Configuration, 'data'>): { readonly store: Store; readonly close: () => void } {
  const now = () => new Date()
  const nothing = { store: memoryStore(now), close: () => {} }
  if (!existsSync(storeFile(data))) return nothing
  try {
    const store = openSqliteStore(storeFile(data), now)
    return { store, close: () => store.close() }
  } catch (error) {
    process.stderr.write(`Judged without the memory of the rules: ${String(error)}\n`)
    return nothing
  }
}
