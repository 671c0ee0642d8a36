import type { Reply } from '../mail/reply.ts'
import type { Tls } from '../mail/session.ts'
import { Attention } from './attention.ts'
import { Budget } from './budget.ts'
import { readCommandLine, verbOf } from './command-line.ts'
import { Dialogue } from './dialogue.ts'
import type { DialogueOptions } from './dialogue-options.ts'
import type { Handshakes } from './handshakes.ts'
import type { MessageIntake } from './message-intake.ts'
import * as replies from './replies.ts'
import { Voice } from './voice.ts'
import { type WaitLimit, Watchdog } from './watchdog.ts'
import type { Wire } from './wire.ts'
import type { WireReply } from './wire-reply.ts'

/** One client's commands and messages, each with its answer: in time, within the client's budget, and until one of both ends it. */
export class Exchange {
  readonly #wire: Wire
  readonly #dialogue: Dialogue
  readonly #budget: Budget
  readonly #watchdog: Watchdog
  readonly #voice: Voice
  readonly #attention: Attention
  readonly #handshakes: Handshakes
  #intake: MessageIntake | undefined
  /** The command that is being answered. */
  #verb = ''
  #isBusy = true
  /** A message is judged and handed over. */
  #isTaking = false
  #isDraining = false

  constructor(wire: Wire, options: DialogueOptions) {
    this.#wire = wire
    this.#dialogue = new Dialogue(options)
    this.#budget = new Budget(options.edge.limits, options.recipients)
    this.#attention = new Attention(options.conversation, options.edge)
    this.#handshakes = options.edge.handshakes
    this.#voice = new Voice(wire, this.#attention, options.edge.counts)
    this.#watchdog = new Watchdog(options.edge.pace, limit => this.#endLate(limit))
  }

  /** Judges the client, and greets it. */
  async greet(): Promise<void> {
    this.#watchdog.expect('answer')
    const greeting = await this.#attention.undisturbed('connect', () => this.#dialogue.greet(this.#wire))
    if (this.#wire.isClosing) return
    this.#voice.say('', greeting.code === 220 ? greeting : this.#voice.last(greeting, 'refused by the protocol'))
  }

  /** A line has come. Undefined when it is answered already, and the next may follow. */
  hear(line: Buffer): Promise<void> | undefined {
    this.#isBusy = true
    const wait = this.#dialogue.submission.awaitsResponse
      ? this.#answer(() => this.#dialogue.submission.respond(line))
      : this.#obey(readCommandLine(line, this.#dialogue.submission))
    if (wait) return wait.then(() => this.#next())
    return this.#next()
  }

  noteData(bytes: number): void {
    this.#watchdog.noteData(bytes)
  }

  /** A message has come, to its end or beyond all limits. */
  async take(intake: MessageIntake): Promise<void> {
    this.#isBusy = true
    this.#watchdog.expect('message answer')
    this.#intake = undefined // from here on it is the dialogue's
    this.#isTaking = true
    const reply = await this.#attention.inAnyCase('message', () => this.#dialogue.message(intake))
    this.#isTaking = false
    this.#watchdog.noteTransaction()
    this.#budget.noteMessage(reply.code, this.#wire.bytesRead)
    if (this.#wire.isClosing) return
    this.#voice.say(this.#verb, intake.isHopeless ? this.#voice.lastOfEndless(reply) : reply)
    this.await()
  }

  secured(tls: Tls): Promise<void> {
    return this.#dialogue.secured(tls).then(() => this.await())
  }

  /** Now it is the client's turn, unless it has had enough. */
  await(): undefined {
    this.#isBusy = false
    const { isClosing, isSecuring, isReceiving } = this.#wire
    if (isClosing) return undefined
    const spentOn = this.#budget.spentOn
    if (spentOn) this.#voice.endAt(spentOn)
    else if (this.#isDraining && !isReceiving && !isSecuring) this.#voice.endWith(replies.shuttingDown, 'shut down')
    else this.#watchdog.expect(isSecuring ? 'handshake' : isReceiving ? 'data' : 'command')
    return undefined
  }

  /** How long the client has left us idle, without a message under way; 0 when it is our turn. */
  get idleMs(): number {
    return this.#isBusy || this.#dialogue.isInTransaction ? 0 : this.#watchdog.idleMs
  }

  /** An idle client makes place for another one. */
  evict(): void {
    this.#voice.endAt('idle')
  }

  /** Counts a reply of smtp-server's own, and says it. */
  interject(reply: WireReply): void {
    void this.#budget.note(this.#verb, reply.code)
    this.#voice.say(this.#verb, reply.code === 421 ? this.#voice.last(reply, 'refused by the protocol') : reply)
  }

  /** Ends the connection as soon as the client has its answer to what it has said (RFC 5321, 3.8). */
  drain(): void {
    this.#isDraining = true
    this.#attention.ending = 'shut down'
    if (!this.#isBusy && !this.#wire.isReceiving) this.#voice.endWith(replies.shuttingDown, 'shut down')
  }

  /** The client has closed its side. Without QUIT while we judge its message, it has given up waiting and will come again. */
  noteEnd(): void {
    if (this.#isTaking && !this.#wire.hasMore) this.#attention.leave('disconnected')
  }

  /** The connection is closing or closed, whoever did it. */
  finish(): void {
    this.#voice.flush()
    this.#watchdog.stop()
    void this.#intake?.discard()
    this.#attention.end()
  }

  #obey(text: string | Reply): Promise<void> | undefined {
    if (typeof text !== 'string') {
      this.#verb = ''
      return this.#answer(() => text)
    }
    this.#verb = verbOf(text)
    return this.#answer(() => this.#work(text), text)
  }

  /** Lets the client go on, once it has read our answers: else they would fill the memory. */
  #next(): Promise<void> | undefined {
    const { unread } = this.#wire
    if (!unread) return this.await()
    this.#watchdog.expect('command') // who does not read is late, as with a command
    return unread.then(() => this.await())
  }

  /** Undefined when we do not know the command. */
  #work(line: string): WireReply | Promise<WireReply> | undefined {
    if (this.#verb === 'DATA') return this.#startData(line)
    if (this.#verb === 'QUIT') return this.#voice.last(replies.goodbye, 'quit')
    if (this.#verb === 'STARTTLS') return this.#dialogue.refuseStartTls(line) ?? this.#startTls()
    return this.#dialogue.obey(this.#verb, line, this.#wire)
  }

  #answer(work: () => WireReply | Promise<WireReply> | undefined, line = ''): Promise<void> | undefined {
    const reply = this.#attention.undisturbed(this.#verb, work)
    if (!(reply instanceof Promise)) return reply ? this.#respond(reply) : this.#wire.puzzle(line)
    this.#watchdog.expect('answer')
    return reply.then(reply => this.#respond(reply))
  }

  #respond(reply: WireReply): Promise<void> | undefined {
    const patience = this.#budget.note(this.#verb, reply.code)
    if (patience) return patience.then(() => this.#conclude(reply))
    this.#conclude(reply)
    return undefined
  }

  #conclude(reply: WireReply): void {
    if (this.#wire.isClosing) return
    this.#voice.say(this.#verb, reply === replies.lockedOut ? this.#voice.last(reply, 'refused by the protocol') : reply)
    if (reply === replies.startTls) this.#wire.startTls()
  }

  /** Unless there is too much of it: then the client may go on in clear, or come again (RFC 3207, 4). */
  #startTls(): Reply {
    return this.#handshakes.areFull ? replies.tooManyHandshakes : replies.startTls
  }

  #startData(line: string): WireReply {
    const { hasMore } = this.#wire
    const intake = this.#dialogue.data(line, { hasMore })
    // S13: what comes uncalled may be commands to one server and a message to another.
    if ('code' in intake) return hasMore ? this.#voice.last(intake, 'refused by the protocol') : intake
    this.#intake = intake
    this.#wire.receive(intake)
    return replies.sendMessage
  }

  /** What is late may still be at work on this transaction: the connection must not go on beside it. */
  #endLate(limit: WaitLimit): void {
    if (limit === 'answerMs' || limit === 'messageAnswerMs') this.#attention.giveUp(limit === 'answerMs' ? this.#verb : 'message')
    this.#voice.endAt(limit)
  }
}
