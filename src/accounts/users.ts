import { setTimeout as wait } from 'node:timers/promises'
import { parseAddress } from '../mail/address.ts'
import type { AddressPattern } from '../mail/address-pattern.ts'
import type { Client } from '../mail/session.ts'
import type { Account, Answer, Authenticator, Denial, KeysOf } from './account.ts'
import { LoginExchange, PlainExchange } from './passwords.ts'
import { prepareName, preparePassword } from './prepare.ts'
import { type Failed, refused, type SaslExchange, type Step } from './sasl.ts'
import { ScramExchange } from './scram.ts'
import type { Throttle, Trial } from './throttle.ts'

export interface UsersOptions {
  readonly authenticator: Authenticator
  readonly throttle: Throttle
  /** Addresses that accounts may use besides those that their account has, by its name. */
  readonly addresses?: ReadonlyMap<string, readonly AddressPattern[]>
}

export type Mechanism = 'PLAIN' | 'LOGIN' | 'SCRAM-SHA-256'

const throttled: Failed = { failure: 'throttled' }

/** Our own users, as the edge sees them: how they may authenticate, and whether it is them. */
export class Users {
  readonly #options: UsersOptions

  constructor(options: UsersOptions) {
    this.#options = options
  }

  /** The best comes first: many clients take the first one that they know. */
  get mechanisms(): readonly Mechanism[] {
    return this.#options.authenticator.hasKeys ? ['SCRAM-SHA-256', 'PLAIN', 'LOGIN'] : ['PLAIN', 'LOGIN']
  }

  /** Begins an exchange; undefined for a mechanism that is not offered. */
  begin(mechanism: string, client: Client): SaslExchange | undefined {
    const known = this.mechanisms.find(known => known === mechanism)
    if (known === 'SCRAM-SHA-256') return this.#scram(client)
    const judge = (name: string, password: string) => this.#judge(client, name, password)
    if (known === 'LOGIN') return new LoginExchange(judge)
    return known && new PlainExchange(judge)
  }

  close(): void {
    this.#options.authenticator.close()
  }

  async #judge(client: Client, givenName: string, givenPassword: string): Promise<Step> {
    // What can be no name or password is tried all the same: else it would be answered sooner.
    const name = prepareName(givenName) ?? ''
    const trial = await this.#begin(client, name)
    if ('failure' in trial) return trial
    const password = preparePassword(givenPassword) ?? ''
    const answer = await this.#options.authenticator.verify({ name, password, client })
    return this.#settle(trial, answer)
  }

  #scram(client: Client): SaslExchange {
    let trial: Trial | undefined
    return new ScramExchange({
      begin: async given => {
        const name = prepareName(given) ?? ''
        const begun = await this.#begin(client, name)
        if ('failure' in begun) return begun
        trial = begun
        const found: KeysOf | Denial = (await this.#options.authenticator.keysOf?.(name)) ?? { failure: 'refused' }
        return 'keys' in found ? found : this.#settle(begun, found)
      },
      succeeded: async account => (trial ? this.#settle(trial, { account }) : refused),
    })
  }

  async #begin(client: Client, name: string): Promise<Trial | Failed> {
    const trial = await this.#options.throttle.begin(client.ip, name)
    if (trial.isBlocked) return throttled
    if (trial.delayMs > 0) await wait(trial.delayMs, undefined, { ref: false })
    return trial
  }

  async #settle(trial: Trial, answer: Answer): Promise<Step> {
    if ('account' in answer) {
      await trial.succeeded()
      return { account: this.#complete(answer.account) }
    }
    if (answer.failure === 'trouble') await trial.undone()
    return answer
  }

  /** With all the addresses that it may use: its own name, when that is one, and what the configuration adds. */
  #complete({ name, addresses }: Account): Account {
    const own = parseAddress(name)
    const more = this.#options.addresses?.get(name) ?? []
    return { name, addresses: [...addresses, ...(own ? [own] : []), ...more] }
  }
}
