import type { Conversation, Identity } from '../engine/conversation.ts'
import { isAccepted, ok, type Reply } from '../mail/reply.ts'
import type { Session, Tls } from '../mail/session.ts'
import { ehloReply } from './ehlo.ts'
import { parseHelo } from './helo-name.ts'
import type { Limits } from './limits.ts'
import { readMail, readRcpt } from './mail-command.ts'
import type { MessageIntake } from './message-intake.ts'
import * as replies from './replies.ts'
import type { WireReply } from './wire-reply.ts'
import { readXclient, type XclientAttributes } from './xclient.ts'

export interface DialogueOptions {
  readonly conversation: Conversation
  readonly hostname: string
  readonly limits: Limits
  /** How many recipients a message may have. */
  readonly recipients: number
  readonly smtputf8: boolean
  /** Whether we have a certificate. */
  readonly offersTls: boolean
  /** Whether this client may speak for others. */
  readonly mayXclient: boolean
}

/** What the client has done ahead of our answer. */
interface Ahead {
  readonly hasMore: boolean
}

/** The transaction as the protocol sees it. */
interface OpenTransaction {
  readonly smtputf8: boolean
  hasRecipients: boolean
}

/** Commands that others have. EXPN and HELP would tell too much (RFC 5321, 7.3), the others need extensions. */
const notOffered = new Set(['EXPN', 'HELP', 'ETRN', 'BDAT'])

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

  /** What answers a command; undefined for one that we do not know. Those that concern the connection are not among them. */
  command(verb: string, ahead: Ahead): ((line: string) => WireReply | Promise<WireReply>) | undefined {
    switch (verb) {
      case 'HELO':
      case 'EHLO':
        return line => this.#helo(line, ahead)
      case 'MAIL':
        return line => this.#mail(line)
      case 'RCPT':
        return line => this.#rcpt(line)
      case 'RSET':
        return line => this.#rset(line)
      case 'NOOP':
        return () => ok
      case 'VRFY':
        return line => (hasArguments(line) ? replies.notVerified : replies.vrfyWhom)
      case 'XCLIENT':
        return line => this.#xclient(line)
      default:
        return notOffered.has(verb) ? () => replies.notImplemented : undefined
    }
  }

  get greeting(): WireReply {
    return { code: 220, lines: [`${this.#options.hostname} ESMTP`] }
  }

  /** HELO or EHLO. They begin anew, like RSET (RFC 5321, 4.1.4). */
  async #helo(line: string, { hasMore }: Ahead): Promise<WireReply> {
    const name = parseHelo(line)
    if (name === undefined) return replies.badHelo
    const esmtp = /^EHLO/i.test(line)
    this.#transaction = undefined
    if (hasMore && this.#conversation.session.helo === undefined) await this.#noteViolation('pipelined-before-ehlo')
    // Behind a proxy the greeting is the proxy's own, unless it has told us its client's.
    await this.#conversation.helo(this.#heloByProxy ?? name, { esmtp })
    this.#hasGreeted = true
    return esmtp ? this.#extensions() : { code: 250, lines: [this.#options.hostname] }
  }

  /** The client has said something before we had greeted it. */
  noteEarlyTalk(): Promise<void> {
    return this.#noteViolation('talked-before-greeting')
  }

  async #mail(line: string): Promise<Reply> {
    if (!this.#hasGreeted) return replies.heloFirst
    if (this.#conversation.session.listener === 'submission') return replies.authenticationRequired
    if (this.#transaction) return replies.nestedMail
    const command = readMail(line, { ...this.#options.limits, smtputf8: this.#options.smtputf8 })
    if ('code' in command) return command
    const reply = await this.#conversation.mail(command.sender, command.parameters)
    if (isAccepted(reply)) this.#transaction = { smtputf8: command.parameters.smtputf8 ?? false, hasRecipients: false }
    return reply
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

  /** Why a message may not come now; undefined when it may. */
  refuseData(line: string, { hasMore }: Ahead): Reply | undefined {
    if (!this.#transaction) return replies.mailFirst
    if (hasArguments(line)) return replies.noArguments
    if (!this.#transaction.hasRecipients) return replies.noRecipients
    if (!hasMore) return undefined
    this.#transaction = undefined
    return this.#conversation.refuseMessage(replies.dataTooSoon)
  }

  /** The message is here. Its transaction is over with the answer. */
  async message(intake: MessageIntake): Promise<Reply> {
    try {
      const outcome = await intake.finish()
      if ('refusal' in outcome) return this.#conversation.refuseMessage(outcome.refusal)
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
    if (!this.#options.offersTls) return replies.notImplemented
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
    return this.greeting
  }

  #identityOf({ ip, port, helo }: XclientAttributes): Identity {
    // Another client has another name; one that is not told is the one that EHLO says.
    if (ip || helo !== undefined) this.#heloByProxy = helo ?? undefined
    const name = this.#heloByProxy === undefined ? {} : { helo: this.#heloByProxy }
    if (ip) return { ...name, client: { ip, port: port ?? 0 }, violations: [] }
    return port ? { ...name, client: { ...this.#conversation.session.client, port } } : name
  }

  #noteViolation(violation: Session['violations'][number]): Promise<void> {
    const { violations } = this.#conversation.session
    return this.#conversation.identify({ violations: [...violations, violation] })
  }

  #extensions(): WireReply {
    const { limits, offersTls, mayXclient: xclient, ...rest } = this.#options
    return ehloReply({ ...rest, messageBytes: limits.messageBytes, startTls: offersTls && !this.#isSecure, xclient })
  }
}

function hasArguments(line: string): boolean {
  return line.trimEnd().includes(' ')
}
