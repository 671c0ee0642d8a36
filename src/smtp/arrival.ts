import type { SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js'
import type { DialogueOptions } from './dialogue-options.ts'

/** A client that has been let in: what smtp-server wants to know of it, and what we do. */
export interface Arrival extends SMTPConnectionOptions, DialogueOptions {
  /** To be called when the connection is gone. */
  readonly onGone: () => void
}
