import type { Users } from '../accounts/users.ts'
import type { Conversation } from '../engine/conversation.ts'
import type { Edge } from './edge.ts'

/** What one client's dialogue needs to know. */
export interface DialogueOptions {
  readonly edge: Edge
  readonly conversation: Conversation
  /** How many recipients a message may have. */
  readonly recipients: number
  /** Whether this client may speak for others. */
  readonly mayXclient: boolean
  /** Who may authenticate, at a listener for our users. */
  readonly users?: Users | undefined
  /** Whether a client at this address may relay without that. */
  readonly relaysFrom?: ((ip: string) => boolean) | undefined
  /** Whether REQUIRETLS can be kept. */
  readonly requireTls?: boolean | undefined
}
