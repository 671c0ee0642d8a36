import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { RecipientTrace, Trace } from '../../src/engine/trace.ts'
import { play } from './play.ts'
import type { Fate } from './print.ts'
import type { Scene } from './scenes.ts'
import type { Stage } from './stage.ts'

const messages = join(import.meta.dirname, '../../fixtures/messages')

/** How a scene has gone: the gateway's account, and what has become of each recipient's copy. */
export interface Performance {
  readonly trace: Trace
  readonly fates: readonly Fate[]
}

/** Plays one scene and looks everywhere: at what the client heard, the gateway recorded and the next hop stored. */
export async function perform(stage: Stage, scene: Scene): Promise<Performance> {
  const content = await readFile(join(messages, scene.message))
  if (scene.waitMs !== undefined) await wait(scene.waitMs)
  const storedBefore = stage.nextHop.messages.length
  const [trace, heard] = await Promise.all([stage.gateway.nextTrace(), play(scene, stage.ports.proxied, content)])
  const stored = stage.nextHop.messages.slice(storedBefore)
  const wanted = trace.recipients.some(({ outcome }) => outcome === 'delivered') ? 1 : 0
  const isIntact = stored.length === wanted && stored.every(message => endsWith(message.content, content))
  const fates = Object.keys(scene.recipients).flatMap(address => {
    const recipient = trace.recipients.find(recipient => recipient.address === address)
    const answer = heard.get(address)
    if (!recipient || !answer) return []
    const happened = [recipient.outcome, answer.code, recipient.rule].filter(Boolean).join(' ')
    const asExpected = isIntact && happened === scene.recipients[address]
    return [{ scene, recipient, answer, asExpected, place: placeOf(recipient, trace, stage) }]
  })
  return { trace, fates }
}

/** A relay prepends: what was sent is the end of what arrives. */
function endsWith(arrived: Buffer, sent: Buffer): boolean {
  return arrived.subarray(-sent.length).equals(sent)
}

function placeOf({ outcome }: RecipientTrace, { id, started }: Trace, stage: Stage): string {
  if (outcome === 'delivered') return stage.lastStored()
  if (outcome === 'quarantined') return join(stage.folder, 'data/quarantine', started.slice(0, 'yyyy-mm-dd'.length), id)
  return 'still with the client'
}
