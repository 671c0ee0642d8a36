import { stuffed } from '../../../fixtures/smtp-client.ts'
import { pathOf } from './needs.ts'
import { type Ended, run } from './run.ts'

/** One message, as the command line of swaks has it. */
export interface Swaks {
  readonly port: number
  readonly to: readonly string[]
  readonly message: Buffer
}

/** The client that our DNS knows as mx.sender.example. */
export const clientAddress = '192.0.2.10'

/** Sends by swaks, the tool that administrators test with, from another address; its output has the whole dialogue. */
export function swaks({ port, to, message }: Swaks): Promise<Ended> {
  const envelope = ['--helo', 'mx.sender.example', '--from', 'ann@sender.example', '--to', to.join(',')]
  const from = ['--proxy-version', '1', '--proxy-family', 'TCP4', '--proxy-source', clientAddress, '--proxy-source-port', '40000']
  const here = ['--proxy-dest', '127.0.0.1', '--proxy-dest-port', String(port)]
  // Without its fix-ups swaks leaves the message alone, and its end to us.
  const data = ['--data', '-', '--no-data-fixup']
  const all = ['--server', `127.0.0.1:${port}`, ...from, ...here, ...envelope, ...data]
  return run(pathOf('swaks'), all, { input: stuffed(message) })
}
