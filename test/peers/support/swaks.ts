import { stuffed } from '../../../fixtures/smtp-client.ts'
import { pathOf } from './needs.ts'
import { type Ended, run } from './run.ts'

/** One message, as the command line of swaks has it. */
export interface Swaks {
  readonly port: number
  readonly from: string
  readonly to: readonly string[]
  readonly message: Buffer
  readonly helo?: string
  /** More of its options. */
  readonly more?: readonly string[]
}

/** Sends by swaks, the tool that administrators test with; its output has the whole dialogue. */
export function swaks({ port, from, to, message, helo = 'client.example.org', more = [] }: Swaks): Promise<Ended> {
  const envelope = ['--server', `127.0.0.1:${port}`, '--helo', helo, '--from', from, '--to', to.join(',')]
  // Without its fix-ups swaks leaves the message alone, and its end to us.
  return run(pathOf('swaks'), [...envelope, '--data', '-', '--no-data-fixup', ...more], { input: stuffed(message) })
}
