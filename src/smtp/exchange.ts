import type { Ending } from '../engine/trace.ts'
import type { Tls } from '../mail/session.ts'
import { answer } from './adapter.ts'
import { Budget } from './budget.ts'
import { readCommandLine } from './command-line.ts'
import { Dialogue, type DialogueOptions } from './dialogue.ts'
import type { Edge } from './edge.ts'
import { MessageIntake } from './message-intake.ts'
import * as replies from './replies.ts'
import { ReplyQueue } from './reply-queue.ts'
import { Watchdog } from './watchdog.ts'
import type { Wire } from './wire.ts'
import type { WireReply } from './wire-reply.ts'

export interface ExchangeOptions extends Pick<DialogueOptions, 'conversation' | 'recipients' | 'mayXclient'> {
  readonly edge: Edge
}

/** One client's commands and messages, each with its answer: in time, within the client's budget, and until one of both ends it. */
export class Exchange {
  readonly #options: ExchangeOptions
  readonly #wire: Wire
  readonly #dialogue: Dialogue
  readonly #budget: Budget
  readonly #watchdog: Watchdog
  readonly #replies: ReplyQueue
  #intake: MessageIntake | undefined
  /** The command that is being answered. */
  #verb = ''
  #isBusy = true
  #isDraining = false
  #ending: Ending = 'disconnected'
  /** Set when the connection ends with the reply at hand. */
  #lastWord: Ending | undefined
  #isOver = false

  constructor(wire: Wire, options: ExchangeOptions) {
    const { edge, ...rest } = options
    this.#options = options
    this.#wire = wire
    this.#dialogue = new Dialogue({ ...edge, ...rest })
    this.#budget = new Budget(edge.limits)
    this.#replies = new ReplyQueue(wire)
    this.#watchdog = new Watchdog(edge.limits, () => this.#endWith(replies.timedOut, 'timed out'))
  }

  /** What answers a command; undefined for one that we do not know. */
  command(verb: string): ((line: string) => Promise<void>) | undefined {
    const work = this.#work(verb)
    return work && (line => this.#answer(() => work(line)))
  }

  /** Judges the client, and greets it. Answers whether it may speak now. */
  async greet(): Promise<boolean> {
    const { limits, log } = this.#options.edge
    const greeting = await answer({ what: 'connect', ms: limits.answerMs, log, work: () => this.#greeting() })
    if (this.#wire.isClosing) return false
    this.#say(greeting)
    if (greeting.code !== 220) this.#wire.close()
    return greeting.code === 220
  }

  /** A line has come. `dispatch` finds the command in it, and is done when it has been answered. */
  async hear(line: Buffer, dispatch: (text: string) => Promise<void>): Promise<void> {
    this.#isBusy = true
    this.#watchdog.pause()
    const text = readCommandLine(line)
    this.#verb = typeof text === 'string' ? (text.split(' ', 1)[0] ?? '').toUpperCase() : ''
    await (typeof text === 'string' ? dispatch(text) : this.#answer(() => text))
    this.await()
  }

  noteData(bytes: number): void {
    this.#watchdog.noteData(bytes)
  }

  /** A message has come, to its end or beyond all limits. */
  async take(intake: MessageIntake): Promise<void> {
    const { limits, log } = this.#options.edge
    this.#isBusy = true
    this.#watchdog.pause()
    this.#intake = undefined // from here on it is the dialogue's
    const reply = await answer({ what: 'message', ms: limits.messageAnswerMs, log, work: () => this.#dialogue.message(intake) })
    this.#watchdog.noteTransaction()
    if (reply.code < 400) this.#budget.noteTransaction()
    if (this.#wire.isClosing) return
    this.#say(reply)
    if (intake.isHopeless) this.#end('refused by the protocol')
    this.await()
  }

  async secured(tls: Tls): Promise<void> {
    await this.#dialogue.secured(tls)
    this.await()
  }

  /** Now it is the client's turn, unless it has had enough. */
  await(): void {
    this.#isBusy = false
    const { isClosing, isSecuring, isReceiving } = this.#wire
    if (isClosing) return
    if (this.#budget.isSpent) this.#endWith(replies.tooManyErrors, 'refused by the protocol')
    else if (this.#isDraining && !isReceiving && !isSecuring) this.#endWith(replies.shuttingDown, 'shut down')
    else this.#watchdog.expect(isSecuring ? 'handshake' : isReceiving ? 'data' : 'command')
  }

  /** A client that does not read our replies is late, as with a command. */
  awaitReader(): void {
    this.#watchdog.expect('command')
  }

  /** Counts a reply of smtp-server's own, and says it. */
  interject(reply: WireReply): void {
    void this.#budget.note(this.#verb, reply.code)
    this.#say(reply)
  }

  /** Ends the connection as soon as the client has its answer to what it has said (RFC 5321, 3.8). */
  drain(): void {
    this.#isDraining = true
    if (!this.#isBusy && !this.#wire.isReceiving) this.shutDown()
  }

  /** Ends the connection now, whatever is going on. */
  shutDown(): void {
    this.#endWith(replies.shuttingDown, 'shut down')
  }

  /** The connection is closing or closed, whoever did it. */
  finish(): void {
    this.#replies.flush()
    if (this.#isOver) return
    this.#isOver = true
    this.#watchdog.stop()
    void this.#intake?.discard()
    this.#options.conversation.close(this.#ending)
  }

  async #greeting(): Promise<WireReply> {
    const { conversation } = this.#options
    await conversation.connect()
    if (this.#wire.hasMore && !conversation.session.violations.length) await this.#dialogue.noteEarlyTalk()
    return this.#dialogue.greeting
  }

  #work(verb: string): ((line: string) => WireReply | Promise<WireReply>) | undefined {
    const dialogue = this.#dialogue
    if (verb === 'DATA') return line => this.#startData(line)
    if (verb === 'QUIT') return () => this.#quit()
    if (verb === 'STARTTLS') return line => dialogue.refuseStartTls(line) ?? replies.startTls
    return dialogue.command(verb, { hasMore: this.#wire.hasMore })
  }

  async #answer(work: () => WireReply | Promise<WireReply>): Promise<void> {
    const { limits, log } = this.#options.edge
    const reply = await answer({ what: this.#verb, ms: limits.answerMs, log, work })
    await this.#budget.note(this.#verb, reply.code)
    if (this.#wire.isClosing) return
    this.#say(reply)
    if (this.#lastWord) this.#end(this.#lastWord)
    else if (reply === replies.startTls) this.#wire.startTls()
  }

  #startData(line: string): WireReply {
    const { hasMore } = this.#wire
    // S13: what comes uncalled may be commands to one server and a message to another.
    if (hasMore) this.#lastWord = 'refused by the protocol'
    const refusal = this.#dialogue.refuseData(line, { hasMore })
    if (refusal) return refusal
    const { limits, as, spoolDirectory } = this.#options.edge
    this.#intake = new MessageIntake({ limits, lineEnds: as === 'mx' ? 'strict' : 'repair', spoolDirectory })
    this.#wire.receive(this.#intake)
    return replies.sendMessage
  }

  #quit(): WireReply {
    this.#lastWord = 'quit'
    return replies.goodbye
  }

  #say(reply: WireReply): void {
    this.#replies.add(this.#verb, reply)
    if (reply.code === 421) this.#wire.close()
  }

  #endWith(reply: WireReply, ending: Ending): void {
    if (this.#wire.isClosing) return
    this.#ending = ending
    this.#say(reply)
  }

  #end(ending: Ending): void {
    this.#ending = ending
    this.#wire.close()
  }
}
