import type { RelayTimeouts } from '../relay/relay-timeouts.ts'

/** RFC 5321, 4.5.3.2: strangers may take their time, and no client is waiting. */
export const outboundTimeouts: RelayTimeouts = {
  waitMs: 30_000,
  holdMs: 30_000,
  connectMs: 30_000,
  greetingMs: 300_000,
  commandMs: 300_000,
  dataMs: 120_000,
  blockMs: 180_000,
  finalDotMs: 600_000,
}
