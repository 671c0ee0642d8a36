import { type Address, formatAddress } from '../mail/address.ts'
import type { Message } from '../mail/message.ts'
import type { Reply } from '../mail/reply.ts'
import { xforwardCommand } from './client-identity.ts'
import type { Link } from './link.ts'
import { mailCommand, type Submission } from './mail-command.ts'
import { type Answer, describe, isPositive, isTrouble, silence } from './server-reply.ts'

/** One mail transaction on one connection: MAIL, RCPT for each recipient, and the message. */
export class HopTransaction {
  readonly link: Link
  readonly #mail: Submission
  /** The next hop's answer to MAIL, once it has been sent. */
  #answer: Answer | undefined
  #isDone = false
  /** The recipients that the next hop has taken, in its order. */
  readonly #accepted: string[] = []

  constructor(link: Link, mail: Submission) {
    this.link = link
    this.#mail = mail
    link.uses++
  }

  /** Whether the next hop has heard of it, and not of its end. */
  get isAmidst(): boolean {
    return this.#answer !== undefined && !this.#isDone
  }

  /** Makes the connection ready for another transaction, or closes it; whether it is ready. */
  async abort(): Promise<boolean> {
    if (this.isAmidst && !isPositive(await this.#command('RSET'))) this.link.connection.destroy()
    this.#isDone = true
    return this.link.isOpen
  }

  /** Whether these are the recipients that the next hop has taken. */
  isFor(recipients: readonly string[]): boolean {
    const accepted = new Set(this.#accepted)
    return accepted.size === recipients.length && recipients.every(recipient => accepted.has(recipient))
  }

  /** Names recipients; together with MAIL, if this is the first time and the server allows commands ahead (RFC 2920). */
  async name(recipients: readonly Address[]): Promise<Answer[]> {
    const before = this.#answer ? [] : this.#beginning()
    const commands = recipients.map(recipient => `RCPT TO:<${formatAddress(recipient)}>`)
    const answers = this.link.extensions.pipelining
      ? await this.#pipelined([...before, ...commands], before.length)
      : await this.#oneByOne(before, commands)
    for (const [index, recipient] of recipients.entries()) {
      const answer = answers[index]
      if (answer && isPositive(answer)) this.#accepted.push(formatAddress(recipient))
    }
    return answers.map(refusalOrYes)
  }

  /** Hands the message over. The answer counts for each recipient that was taken; LMTP gives one to each (RFC 2033, 4.2). */
  async data(message: Message): Promise<Data> {
    const { connection, hop } = this.link
    const go = await connection.command('DATA', hop.timeouts.dataMs)
    if (isTrouble(go) || go.code !== 354) return { hasBegun: false, answers: this.#forAll(unwilling(go)) }
    const stop = await connection.content(message.chunks(), hop.timeouts.blockMs)
    if (stop) return { hasBegun: true, answers: this.#forAll(unwilling(stop)) }
    this.#isDone = true
    if (hop.protocol === 'smtp') return { hasBegun: true, answers: this.#forAll(refusalOrYes(await this.#final())) }
    const answers = await Promise.all(this.#accepted.map(() => this.#final()))
    return {
      hasBegun: true,
      answers: new Map(this.#accepted.map((recipient, index) => [recipient, refusalOrYes(answers[index] ?? silence)])),
    }
  }

  #beginning(): string[] {
    const { link } = this
    const { session, id } = this.#mail.transaction
    const offered = link.extensions.xforward
    const forward = link.hop.identity === 'xforward' && offered.size ? [xforwardCommand(session, id, offered)] : []
    return [...forward, mailCommand(this.#mail, link.extensions)]
  }

  async #pipelined(commands: readonly string[], before: number): Promise<Answer[]> {
    const answers = await this.link.connection.pipeline(commands, this.link.hop.timeouts.commandMs)
    if (before > 0) this.#answer = answers[before - 1]
    return this.#refused(answers.length - before) ?? answers.slice(before)
  }

  async #oneByOne(before: readonly string[], commands: readonly string[]): Promise<Answer[]> {
    for (const command of before) this.#answer = await this.#command(command)
    const answers = this.#refused(commands.length) ?? []
    for (const command of commands.slice(answers.length)) answers.push(await this.#command(command))
    return answers
  }

  /** When MAIL was refused, that is the answer for each recipient. */
  #refused(count: number): Answer[] | undefined {
    return this.#answer && !isPositive(this.#answer) ? Array(count).fill(this.#answer) : undefined
  }

  #command(command: string): Promise<Answer> {
    return this.link.connection.command(command, this.link.hop.timeouts.commandMs)
  }

  #final(): Promise<Answer> {
    return this.link.connection.reply(this.link.hop.timeouts.finalDotMs, 'the final dot')
  }

  #forAll(answer: Answer): Map<string, Answer> {
    return new Map(this.#accepted.map(recipient => [recipient, answer]))
  }
}

/** What has come of handing the message over. */
export interface Data {
  /** Whether any of the message was sent: until then, it may be tried on another connection. */
  readonly hasBegun: boolean
  readonly answers: ReadonlyMap<string, Answer>
}

export function isReply(data: Data | Reply): data is Reply {
  return 'status' in data
}

/** Only a refusal can stand where the message was not sent: a yes would be a yes to nothing. */
function unwilling(answer: Answer): Answer {
  if (isTrouble(answer) || answer.code >= 400) return answer
  return { trouble: 'nonsense', detail: `an answer out of turn: ${describe(answer)}` }
}

/** 3yz is neither: whoever says it here is out of step with us. */
function refusalOrYes(answer: Answer): Answer {
  return isPositive(answer) ? answer : unwilling(answer)
}
