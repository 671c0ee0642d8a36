import type { Account } from '../accounts/account.ts'
import type { Failed, Failure, SaslExchange, Step } from '../accounts/sasl.ts'
import type { Users } from '../accounts/users.ts'
import type { Reply } from '../mail/reply.ts'
import type { Client } from '../mail/session.ts'
import type { Logger } from './logger.ts'
import * as replies from './replies.ts'
import type { WireReply } from './wire-reply.ts'

/** RFC 4954, 4: so long a line of an exchange may be, with CRLF. */
export const exchangeLine = 12_288
/** After so many failures in one session the client is sent away when it is over the limits. */
const mostFailures = 3

/** What comes of a line: our answer, or an account that has shown who it is. */
export type Outcome = WireReply | { readonly account: Account }

/** The exchanges of AUTH in one session (RFC 4954): what goes over the wire, in base64, around what a mechanism says. */
export class Authentication {
  readonly #users: Users
  readonly #log: Logger
  #exchange: SaslExchange | undefined
  #client: Client | undefined
  #failures = 0

  constructor(users: Users, log: Logger) {
    this.#users = users
    this.#log = log
  }

  /** The next line is the client's response, and no command. */
  get isOpen(): boolean {
    return this.#exchange !== undefined
  }

  get mechanisms(): readonly string[] {
    return this.#users.mechanisms
  }

  /** AUTH, which may bring the first response along. */
  begin(line: string, client: Client): Outcome | Promise<Outcome> {
    const [, mechanism, initial, ...rest] = line.trimEnd().split(' ')
    if (mechanism === undefined || rest.length > 0) return replies.authSyntax
    const exchange = this.#users.begin(mechanism.toUpperCase(), client)
    if (!exchange) return replies.unknownMechanism
    this.#exchange = exchange
    this.#client = client
    if (initial === undefined) return challenge(exchange.greeting)
    // RFC 4954, 4: an initial response that is empty.
    return this.#step(exchange, initial === '=' ? '' : initial)
  }

  /** A line of the client within an exchange, with its line end. */
  respond(line: Buffer): Outcome | Promise<Outcome> {
    const exchange = this.#exchange
    if (!exchange) return replies.badResponse
    this.#exchange = undefined
    if (line.length > exchangeLine) return replies.exchangeTooLong
    const text = line.toString('latin1')
    if (!text.endsWith('\r\n')) return replies.badLineEnd
    if (text === '*\r\n') return replies.authCancelled
    this.#exchange = exchange
    return this.#step(exchange, text.slice(0, -2))
  }

  #step(exchange: SaslExchange, base64: string): Outcome | Promise<Outcome> {
    const response = decode(base64)
    const step = response ? exchange.step(response) : ({ failure: 'malformed' } as const)
    return step instanceof Promise ? step.then(step => this.#conclude(step)) : this.#conclude(step)
  }

  #conclude(step: Step): Outcome {
    if ('challenge' in step) return challenge(step.challenge)
    this.#exchange = undefined
    if ('account' in step) return step
    this.#note(step)
    const isLockedOut = step.failure === 'throttled' && this.#failures > mostFailures
    return isLockedOut ? replies.lockedOut : failures[step.failure]
  }

  /** What was given for a name may be a password: it is not told. */
  #note({ failure, detail }: Failed): void {
    this.#failures++
    const about = { ip: this.#client?.ip, failure, ...(detail !== undefined && { detail }) }
    if (failure === 'trouble') this.#log.error(about, 'an account could not be authenticated')
    else this.#log.warn(about, 'authentication failed')
  }
}

const failures: Readonly<Record<Failure, Reply>> = {
  malformed: replies.badResponse,
  refused: replies.badCredentials,
  throttled: replies.tooManyAttempts,
  trouble: replies.authTrouble,
}

function challenge(bytes: Buffer): WireReply {
  return { code: 334, lines: [bytes.toString('base64')] }
}

function decode(base64: string): Buffer | undefined {
  const isValid = base64.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(base64)
  return isValid ? Buffer.from(base64, 'base64') : undefined
}
