import { afterwards } from '../engine/afterwards.ts'
import type { Conversation, Identity } from '../engine/conversation.ts'
import { isAccepted, ok, type Reply } from '../mail/reply.ts'
import type { Tls, Violation } from '../mail/session.ts'
import type { Edge } from './edge.ts'
import { parseHelo } from './helo-name.ts'
import { hasArguments, readMail, readRcpt } from './mail-command.ts'
import { MessageIntake } from './message-intake.ts'
import * as replies from './replies.ts'
import type { WireReply } from './wire-reply.ts'
import { readXclient, type XclientAttributes } from './xclient.ts'

export interface DialogueOptions {
  readonly edge: Edge
  readonly conversation: Conversation
  /** How many recipients a message may have. */
  readonly recipients: number
  /** Whether this client may speak for others. */
  readonly mayXclient: boolean
}

/** What the client has done ahead of our answer. */
type Ahead = { readonly hasMore: boolean }

/** The transaction as the protocol sees it. */
interface OpenTransaction {
  readonly smtputf8: boolean
  hasRecipients: boolean
}

/** Says for each command of SMTP what we answer, and what the conversation is told. It knows no sockets. */
export class Dialogue {
  readonly #options: DialogueOptions
  readonly #conversation: Conversation
  #hasGreeted = false
  #transaction: OpenTransaction | undefined
  /** The name by which a proxy has introduced its client. */
  #heloByProxy: string | undefined
  #isSecure: boolean

  constructor(options: DialogueOptions) {
    this.#options = options
    this.#conversation = options.conversation
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
    const introduce = () => this.#conversation.helo(this.#heloByProxy ?? name, { esmtp })
    return afterwards(isTooSoon ? this.#noteViolation('pipelined-before-ehlo').then(introduce) : introduce(), welcome)
  }

  #mail(line: string): Reply | Promise<Reply> {
    if (!this.#hasGreeted) return replies.heloFirst
    if (this.#options.edge.as === 'submission') return replies.authenticationRequired
    if (this.#transaction) return replies.nestedMail
    const { limits, smtputf8 } = this.#options.edge
    const command = readMail(line, { messageBytes: limits.messageBytes, smtputf8 })
    if ('code' in command) return command
    return afterwards(this.#conversation.mail(command.sender, command.parameters), reply => {
      if (isAccepted(reply)) this.#transaction = { smtputf8: command.parameters.smtputf8 ?? false, hasRecipients: false }
      return reply
    })
  }

  async #rcpt(line: string): Promise<Reply> {
    const transaction = this.#transaction
    if (!transaction) return replies.mailFirst
    const recipient = readRcpt(line, transaction)
    if ('code' in recipient) return recipient
    const reply = await this.#conversation.rcpt(recipient)
    if (isAccepted(reply)) transaction.hasRecipients = true
    return reply
  }

  /** DATA: what takes the message in, or why it may not come now. */
  data(line: string, { hasMore }: Ahead): MessageIntake | Reply {
    if (!this.#transaction) return replies.mailFirst
    if (hasArguments(line)) return replies.noArguments
    if (!this.#transaction.hasRecipients) return replies.noRecipients
    if (!hasMore) return new MessageIntake(this.#options.edge)
    this.#transaction = undefined
    return this.#conversation.refuseMessage(replies.dataTooSoon)
  }

  /** The message is here. Its transaction is over with the answer. */
  async message(intake: MessageIntake): Promise<Reply> {
    try {
      const outcome = await intake.finish()
      if ('refusal' in outcome) return this.#conversation.refuseMessage(outcome.refusal, intake.limit)
      return await this.#conversation.message(outcome.message)
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
    await this.#conversation.identify(this.#identityOf(attributes))
    return this.#options.edge.standing.greeting
  }

  #identityOf({ ip, port, helo }: XclientAttributes): Identity {
    // Another client has another name; one that is not told is the one that EHLO says.
    if (ip || helo !== undefined) this.#heloByProxy = helo ?? undefined
    const name = this.#heloByProxy === undefined ? {} : { helo: this.#heloByProxy }
    if (ip) return { ...name, client: { ip, port: port ?? 0 }, violations: [] }
    return port ? { ...name, client: { ...this.#conversation.session.client, port } } : name
  }

  #noteViolation(violation: Violation): Promise<void> {
    const { violations } = this.#conversation.session
    return this.#conversation.identify({ violations: [...violations, violation] })
  }

  #extensions(): WireReply {
    const { edge, recipients, mayXclient: xclient } = this.#options
    return edge.standing.ehlo({ recipients, startTls: edge.offersTls && !this.#isSecure, xclient })
  }
}
