import type { Answer, Attempt, Authenticator } from '../accounts/account.ts'
import { Gate } from '../accounts/gate.ts'
import type { Session } from '../mail/session.ts'
import type { Destination } from '../relay/destination.ts'
import type { NextHop } from '../relay/next-hop.ts'
import { checkPassword } from '../relay/password-check.ts'
import { relayTimeouts } from '../relay/relay-timeouts.ts'

interface Asked {
  readonly server: Extract<Destination, { kind: 'smtp' }>
  readonly verify: boolean
}

const atOnce = { most: 10, waiting: 100 } as const

/** The mail server behind us, which knows the passwords: each is tried there, on a connection of its own under TLS. */
export class ServerBehind implements Authenticator {
  readonly hasKeys = false
  readonly #hop: NextHop
  readonly #gate = new Gate(atOnce)

  constructor({ server, verify }: Asked, hostname: string) {
    this.#hop = {
      name: server.text,
      address: server.address,
      protocol: 'smtp',
      hostname,
      tls: server.implicitTls ? 'implicit' : 'required',
      verify,
      identity: 'none',
      eightBit: 'send',
      returnPath: false,
      timeouts: relayTimeouts,
      maxConnections: atOnce.most,
    }
  }

  async verify({ name, password, client }: Attempt): Promise<Answer> {
    const session: Session = { id: '', listener: 'submission', client, violations: [] }
    const said = await this.#gate.pass(() => checkPassword(this.#hop, { user: name, password }, session))
    if (said === 'right') return { account: { name, addresses: [] } }
    if (said === 'wrong') return { failure: 'refused' }
    return { failure: 'trouble', detail: said?.trouble ?? `${this.#hop.name}: too many passwords are being checked` }
  }

  close(): void {}
}
