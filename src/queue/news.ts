import type { Action } from '../dsn/outcome.ts'
import type { Said } from './attempt.ts'
import type { Result } from './record.ts'
import type { News } from './reporting.ts'

/** What there is to tell the sender about a job. */
export function newsOf(said: readonly Said[], results: readonly Result[], isFinal: boolean): News[] {
  return said.flatMap(({ recipient, reply, isTold }, index) => {
    const action = actionOf(results[index]?.state, { isFinal, isTold })
    return action ? [{ recipient, reply, action }] : []
  })
}

function actionOf(
  state: Result['state'] | undefined,
  { isFinal, isTold }: { isFinal: boolean; isTold: boolean | undefined },
): Action | undefined {
  if (state === 'given up') return 'failed'
  if (state === 'told') return 'delayed'
  if (state !== 'delivered' || isTold) return undefined
  return isFinal ? 'delivered' : 'relayed'
}
