import { channel } from 'node:diagnostics_channel'

/** The moments in the life of a copy at which a process may be gone, and nothing must be lost. */
export type Step =
  | 'add: content written'
  | 'add: before the commit'
  | 'add: committed'
  | 'claim: before the commit'
  | 'claim: committed'
  | 'deliver: asked'
  | 'deliver: sent'
  | 'settle: before the commit'
  | 'settle: committed'

const steps = channel('postern.queue')

/** Tells whoever listens on the channel `postern.queue` what has just happened: it costs nothing when nobody does. */
export function step(name: Step): void {
  if (steps.hasSubscribers) steps.publish(name)
}
