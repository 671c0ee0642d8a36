import { afterwards } from '../engine/afterwards.ts'
import type { Conversation } from '../engine/conversation.ts'
import { isAccepted, ok, type Reply } from '../mail/reply.ts'
import type { Tls, Violation } from '../mail/session.ts'
import type { DialogueOptions } from './dialogue-options.ts'
import { parseHelo } from './helo-name.ts'
import { Introduction } from './introduction.ts'
import { hasArguments, readMail, readRcpt } from './mail-command.ts'
import { MessageIntake } from './message-intake.ts'
import * as replies from './replies.ts'
import { Submission } from './submission.ts'
import type { WireReply } from './wire-reply.ts'
import { readXclient } from './xclient.ts'

/** What the client has done ahead of our answer. */
type Ahead = { readonly hasMore: boolean }

/** The transaction as the protocol sees it. */
interface OpenTransaction {
  readonly smtputf8: boolean
  readonly dsn: boolean
  hasRecipients: boolean
}

/** Says for each command of SMTP what we answer, and what the conversation is told. It knows no sockets. */
export class Dialogue {
  readonly submission: Submission
  readonly #options: DialogueOptions
  readonly #conversation: Conversation
  #hasGreeted = false
  #transaction: OpenTransaction | undefined
  readonly #introduction: Introduction
  #isSecure: boolean

  constructor(options: DialogueOptions) {
    this.#options = options
    this.#conversation = options.conversation
    this.#introduction = new Introduction(options.conversation, options.relaysFrom ?? (() => false))
    this.submission = new Submission(options)
    this.#isSecure = options.conversation.session.tls !== undefined
  }

  get isInTransaction(): boolean {
    return this.#transaction !== undefined
  }

  /** Answers a command; undefined for one that we do not know. DATA, STARTTLS and QUIT concern the connection too. */
  obey(verb: string, line: string, ahead: Ahead): WireReply | Promise<WireReply> | undefined {
    switch (verb) {
      case 'HELO':
      case 'EHLO':
        return this.#helo(line, ahead)
      case 'MAIL':
        return this.#mail(line)
      case 'RCPT':
        return this.#rcpt(line)
      case 'RSET':
        return this.#rset(line)
      case 'NOOP':
        return ok
      case 'VRFY':
        return hasArguments(line) ? replies.notVerified : replies.vrfyWhom
      case 'AUTH':
        return this.#options.edge.as === 'submission' ? this.#auth(line) : undefined
      case 'XCLIENT':
        return this.#xclient(line)
      // EXPN and HELP would tell too much (RFC 5321, 7.3), the others need extensions.
      case 'EXPN':
      case 'HELP':
      case 'ETRN':
      case 'BDAT':
        return replies.notImplemented
      default:
        return undefined
    }
  }

  /** Lets the client be judged, and greets it. Nothing that it says may come before that (RFC 5321, 3.1). */
  async greet(ahead: Ahead): Promise<WireReply> {
    await this.#conversation.connect()
    const isNoted = this.#conversation.session.violations.includes('talked-before-greeting')
    if (ahead.hasMore && !isNoted) await this.#noteViolation('talked-before-greeting')
    return this.#options.edge.standing.greeting
  }

  /** HELO or EHLO. They begin anew, like RSET (RFC 5321, 4.1.4). */
  #helo(line: string, { hasMore }: Ahead): WireReply | Promise<WireReply> {
    const name = parseHelo(line)
    if (name === undefined) return replies.badHelo
    const esmtp = /^EHLO/i.test(line)
    this.#transaction = undefined
    const isTooSoon = hasMore && this.#conversation.session.helo === undefined
    const welcome = () => {
      this.#hasGreeted = true
      return esmtp ? this.#extensions() : this.#options.edge.standing.helo
    }
    // Behind a proxy the greeting is the proxy's own, unless it has told us its client's.
    const introduce = () => this.#conversation.helo(this.#introduction.helo ?? name, { esmtp })
    return afterwards(isTooSoon ? this.#noteViolation('pipelined-before-ehlo').then(introduce) : introduce(), welcome)
  }

  #mail(line: string): Reply | Promise<Reply> {
    if (!this.#hasGreeted) return replies.heloFirst
    const closed = this.submission.refuseMail() ?? (this.#transaction && replies.nestedMail)
    if (closed) return closed
    const { limits, smtputf8 } = this.#options.edge
    const command = readMail(line, { messageBytes: limits.messageBytes, smtputf8, ...this.submission.offer })
    if ('code' in command) return command
    const foreign = this.submission.refuseSender(command.sender)
    if (foreign) return foreign
    return afterwards(this.#conversation.mail(command.sender, command.parameters), reply => {
      const { smtputf8 = false } = command.parameters
      if (isAccepted(reply)) this.#transaction = { smtputf8, dsn: this.submission.isOurs, hasRecipients: false }
      return reply
    })
  }

  async #rcpt(line: string): Promise<Reply> {
    const transaction = this.#transaction
    if (!transaction) return replies.mailFirst
    const command = readRcpt(line, transaction)
    if ('code' in command) return command
    const reply = await this.#conversation.rcpt(command.recipient, command.parameters)
    if (isAccepted(reply)) transaction.hasRecipients = true
    return reply
  }

  /** DATA: what takes the message in, or why it may not come now. */
  data(line: string, { hasMore }: Ahead): MessageIntake | Reply {
    if (!this.#transaction) return replies.mailFirst
    if (hasArguments(line)) return replies.noArguments
    if (!this.#transaction.hasRecipients) return replies.noRecipients
    if (!hasMore) return new MessageIntake({ ...this.#options.edge, isOurs: this.submission.isOurs })
    this.#transaction = undefined
    return this.#conversation.refuseMessage(replies.dataTooSoon)
  }

  /** The message is here. Its transaction is over with the answer. */
  async message(intake: MessageIntake): Promise<Reply> {
    try {
      const outcome = await intake.finish()
      if ('refusal' in outcome) return this.#conversation.refuseMessage(outcome.refusal, intake.limit)
      const message = this.submission.take(outcome.message)
      return 'code' in message ? this.#conversation.refuseMessage(message) : await this.#conversation.message(message)
    } finally {
      this.#transaction = undefined
      await intake.discard()
    }
  }

  #rset(line: string): Reply {
    if (hasArguments(line)) return replies.noArguments
    this.#transaction = undefined
    this.#conversation.reset()
    return replies.flushed
  }

  /** Why TLS cannot start; undefined when it can. */
  refuseStartTls(line: string): Reply | undefined {
    if (!this.#options.edge.offersTls) return replies.notImplemented
    if (hasArguments(line)) return replies.noArguments
    return this.#isSecure ? replies.tlsAlready : undefined
  }

  /** TLS has begun: nothing that was said before may count (RFC 3207, 4.2). */
  async secured(tls: Tls): Promise<void> {
    this.#isSecure = true
    this.#hasGreeted = false
    this.#transaction = undefined
    await this.#conversation.identify({ tls })
  }

  /** A trusted proxy tells whom it speaks for, as often as that changes. The session starts over with the greeting. */
  async #xclient(line: string): Promise<WireReply> {
    if (!this.#options.mayXclient) return replies.xclientDenied
    if (this.#transaction) return replies.inTransaction
    const attributes = readXclient(line)
    if (!attributes) return replies.badXclient
    this.#hasGreeted = false
    await this.#conversation.identify(this.#introduction.identityOf(attributes))
    return this.#options.edge.standing.greeting
  }

  #auth(line: string): WireReply | Promise<WireReply> {
    if (!this.#hasGreeted) return replies.heloFirst
    return this.#transaction ? replies.inTransaction : this.submission.authenticate(line)
  }

  #noteViolation(violation: Violation): Promise<void> {
    const { violations } = this.#conversation.session
    return this.#conversation.identify({ violations: [...violations, violation] })
  }

  #extensions(): WireReply {
    const { edge, recipients, mayXclient: xclient } = this.#options
    return edge.standing.ehlo({ recipients, startTls: edge.offersTls && !this.#isSecure, xclient, ...this.submission.offer })
  }
}
