import type { Address } from '../mail/address.ts'
import { type AddressPattern, matchesAddress } from '../mail/address-pattern.ts'
import type { Client } from '../mail/session.ts'

/** Somebody who may send to the world through us, once he has shown that it is him. */
export interface Account {
  /** In its canonical form. */
  readonly name: string
  /** What may stand in the envelope and in From. */
  readonly addresses: readonly AddressPattern[]
}

export function mayUse({ addresses }: Account, address: Address): boolean {
  return addresses.some(pattern => matchesAddress(address, pattern))
}

/** A name and a password, from whoever has sent them. Both are prepared. */
export interface Attempt {
  readonly name: string
  readonly password: string
  readonly client: Client
}

/** Whose password it is; that it is nobody's; or why that could not be found out. */
export type Answer = { readonly account: Account } | Denial

/** `trouble` is ours: the client may come again. */
export interface Denial {
  readonly failure: 'refused' | 'trouble'
  /** For the log. */
  readonly detail?: string
}

/** Somebody who knows the passwords: a file of ours, or the server behind us. */
export interface Authenticator {
  verify(attempt: Attempt): Promise<Answer>
  /** Whether it has keys for SCRAM. */
  readonly hasKeys: boolean
  /** The keys of an account. For a name that nobody has they look alike, and fit no password. */
  keysOf?(name: string): Promise<KeysOf | Denial>
  close(): void
}

export interface KeysOf {
  readonly keys: ScramKeys
  readonly account: Account | undefined
}

/** What a server keeps for SCRAM instead of the password (RFC 5802, 3). */
export interface ScramKeys {
  readonly salt: Buffer
  readonly iterations: number
  readonly storedKey: Buffer
  readonly serverKey: Buffer
}
