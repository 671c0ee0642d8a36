import type { Account } from '../accounts/account.ts'
import type { Conversation } from '../engine/conversation.ts'
import type { Address } from '../mail/address.ts'
import type { Message } from '../mail/message.ts'
import type { Reply } from '../mail/reply.ts'
import { isSubmission } from '../mail/session.ts'
import { repair } from '../relay/repair.ts'
import { Authentication, type Outcome } from './authentication.ts'
import type { DialogueOptions } from './dialogue-options.ts'
import type { Edge } from './edge.ts'
import { refuseAuthors, refuseSender } from './own-mail.ts'
import * as replies from './replies.ts'
import type { WireReply } from './wire-reply.ts'

type Needs = Pick<DialogueOptions, 'edge' | 'conversation' | 'users' | 'requireTls'>

/** What is different for our own users and servers (RFC 6409): who they are, in whose name they write, and what is mended for them. */
export class Submission {
  readonly #edge: Edge
  readonly #conversation: Conversation
  readonly #authentication: Authentication | undefined
  readonly #requireTls: boolean
  #account: Account | undefined

  constructor({ edge, conversation, users, requireTls }: Needs) {
    this.#requireTls = requireTls ?? false
    this.#edge = edge
    this.#conversation = conversation
    // SUB-02: at a listener for strangers there is no such thing.
    this.#authentication = users && edge.as === 'submission' ? new Authentication(users, edge.log) : undefined
  }

  /** The mail of this client goes the way of our own. */
  get isOurs(): boolean {
    return isSubmission(this.#conversation.session)
  }

  get awaitsResponse(): boolean {
    return this.#authentication?.isOpen ?? false
  }

  /** What EHLO offers to our own only. AUTH is never offered in clear (SUB-03), nor to whom we know. */
  get offer() {
    const { tls, user } = this.#conversation.session
    return {
      dsn: this.isOurs,
      requireTls: this.isOurs && this.#requireTls && tls !== undefined,
      mechanisms: tls && user === undefined ? (this.#authentication?.mechanisms ?? []) : [],
    }
  }

  /** AUTH, when nothing is under way. */
  authenticate(line: string): WireReply | Promise<WireReply> {
    const { tls, user, client } = this.#conversation.session
    if (!this.#authentication) return replies.notImplemented
    if (user !== undefined) return replies.authenticatedAlready
    if (!tls) return replies.encryptionRequired
    return this.#conclude(this.#authentication.begin(line, client))
  }

  respond(line: Buffer): WireReply | Promise<WireReply> {
    return this.#conclude(this.#authentication?.respond(line) ?? replies.badResponse)
  }

  /** Why a transaction cannot begin; undefined when it can. */
  refuseMail(): Reply | undefined {
    if (this.#edge.as !== 'submission' || this.#account) return undefined
    return this.#conversation.session.tls ? replies.authenticationRequired : replies.startTlsFirst
  }

  /** Why it cannot be from this sender. */
  refuseSender(sender: Address | null): Reply | undefined {
    const refusal = this.#account && refuseSender(this.#account, sender)
    if (refusal) this.#edge.log.warn({ user: this.#account?.name, ip: this.#conversation.session.client.ip }, refusal.text)
    return refusal
  }

  /** The message as it may go out, or why it may not. Mail of strangers is left as it is. */
  take(message: Message): Message | Reply {
    if (!this.isOurs) return message
    return (this.#account && refuseAuthors(this.#account, message)) ?? repair(message, { ...this.#edge, now: new Date() })
  }

  #conclude(outcome: Outcome | Promise<Outcome>): WireReply | Promise<WireReply> {
    if (outcome instanceof Promise) return outcome.then(outcome => this.#conclude(outcome))
    return 'account' in outcome ? this.#welcome(outcome.account) : outcome
  }

  async #welcome(account: Account): Promise<WireReply> {
    await this.#conversation.identify({ user: account.name })
    this.#account = account
    return replies.authenticated
  }
}
