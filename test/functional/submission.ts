import { accountsText, cheapAccount } from '../../fixtures/accounts.ts'
import { type Arrivals, startArrivals } from '../../fixtures/arrivals.ts'
import type { Zone } from '../../fixtures/dns-server.ts'
import type { Client } from '../smtp/dialogue.ts'
import { tlsFiles } from '../smtp/edge.ts'
import { secured } from '../smtp/tls-client.ts'
import { startGateway, type TestGateway } from './gateway.ts'

/** A gateway that our users send through, with a smarthost on the way out. */
export interface TestSubmission extends TestGateway {
  readonly smarthost: Arrivals
  /** A client behind STARTTLS and EHLO at the listener for our users. */
  user(): Promise<Client>
}

interface Options {
  readonly rules?: string
  readonly more?: string
  readonly zone?: Zone
  /** In the folder of the configuration, each with its content. */
  readonly files?: Readonly<Record<string, string>>
}

/** Accounts alice (password `secret`) and bob@our.example (`geheim`); server.our.example sends from 10.1.2.3. */
export async function startSubmission({ rules = '[]', more = '', zone = {}, files = {} }: Options = {}): Promise<TestSubmission> {
  const smarthost = await startArrivals()
  const gateway = await startGateway({
    rules,
    zone,
    listeners: [
      '{ address: "127.0.0.1:0", as: submission }',
      '{ address: "127.0.0.1:0", as: submission, tls: implicit }',
      '{ address: "127.0.0.1:0", as: mx, xclient: [127.0.0.1] }',
      '{ address: "127.0.0.1:0", as: mx, xclient: [192.0.2.77] }',
    ],
    files: {
      ...files,
      accounts: accountsText(
        cheapAccount('alice', 'secret', 'alice@our.example', '*@alice.example'),
        cheapAccount('bob@our.example', 'geheim'),
      ),
    },
    more: `tls: { cert: ${tlsFiles.cert}, key: ${tlsFiles.key} }
submission: { accounts: { file: accounts } }
relayFrom: [10.0.0.0/8, 127.0.0.1]
outbound: { smarthost: { to: "smtp://127.0.0.1:${smarthost.port}", tls: off } }
${more}`,
  })
  const user = async () => {
    const client = await secured(gateway.ports[1] ?? 0)
    await client.accepted('EHLO laptop.example')
    return client
  }
  const close = async () => {
    await gateway[Symbol.asyncDispose]()
    await smarthost.close()
  }
  return { ...gateway, smarthost, user, [Symbol.asyncDispose]: close }
}

export const plainAuth = (name: string, password: string): string =>
  `AUTH PLAIN ${Buffer.from(`\0${name}\0${password}`).toString('base64')}`
