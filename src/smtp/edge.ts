import type { EdgeCounts } from '../metrics/edge.ts'
import type { StandingReplies } from './ehlo.ts'
import type { Handshakes } from './handshakes.ts'
import type { Limits } from './limits.ts'
import type { Logger } from './logger.ts'
import type { Pace } from './pace.ts'

/** What all connections of one listener have in common. */
export interface Edge {
  /** Our name. */
  readonly hostname: string
  readonly standing: StandingReplies
  readonly as: 'mx' | 'submission'
  readonly limits: Limits
  /** Those of them that are about time, as they are now. */
  readonly pace: Pace
  readonly handshakes: Handshakes
  /** Whether every next hop takes addresses in UTF-8 (RFC 6531). */
  readonly smtputf8: boolean
  /** Whether we have a certificate. */
  readonly offersTls: boolean
  /** Where messages wait that are too large for memory. */
  readonly spoolDirectory: string
  readonly log: Logger
  /** What happens at this listener, for those who watch. */
  readonly counts: EdgeCounts
}
