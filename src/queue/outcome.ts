import { isAccepted, isTemporary } from '../mail/reply.ts'
import { greylistHint, isLimited } from './answers.ts'
import type { Said } from './attempt.ts'
import type { Result } from './record.ts'
import { type QueueSettings, waitAfter } from './settings.ts'
import type { Way } from './way.ts'

/** What follows from an answer: the recipient leaves the queue, delivered or given up, or waits. */
export function resultOf(said: Said, way: Pick<Way, 'isOwn'>, settings: QueueSettings, random: () => number): Result {
  const { recipient, reply } = said
  const { number, attempts } = recipient
  if (isAccepted(reply)) return { number, state: 'delivered', reply }
  if (!isTemporary(reply)) return { number, state: 'given up', reply }
  if (said.isNext) return { number, state: 'back', delayMs: 0, reply }
  const hint = greylistHint(reply)
  // A little after the moment it named: its clock may be behind ours.
  const delayMs = hint !== undefined ? hint * (1 + random() / 10) : waitAfter(attempts, scheduleOf(way, settings), random)
  return { number, state: 'later', delayMs, reply }
}

/** How long a destination rests, by how often it could not be reached. One that has had enough of us is left alone for longer. */
export function restsOf({ reply }: Said, way: Pick<Way, 'isOwn'>, settings: QueueSettings, random: () => number): number[] {
  const schedule = scheduleOf(way, settings)
  const from = isLimited(reply) && !way.isOwn ? 1 : 0
  const rests = schedule.map((_, failures) => waitAfter(failures + from, schedule, random))
  const hint = greylistHint(reply)
  return hint === undefined ? rests : [hint, ...rests.slice(1)]
}

function scheduleOf({ isOwn }: Pick<Way, 'isOwn'>, { scheduleMs, ownScheduleMs }: QueueSettings): readonly number[] {
  return isOwn ? ownScheduleMs : scheduleMs
}
