import type { Ending } from '../engine/trace.ts'
import type { Tls } from '../mail/session.ts'
import { answer } from './adapter.ts'
import { Budget } from './budget.ts'
import { readCommandLine } from './command-line.ts'
import { Dialogue, type DialogueOptions } from './dialogue.ts'
import type { MessageIntake } from './message-intake.ts'
import * as replies from './replies.ts'
import { ReplyQueue } from './reply-queue.ts'
import { Watchdog } from './watchdog.ts'
import type { Wire } from './wire.ts'
import type { WireReply } from './wire-reply.ts'

/** One client's commands and messages, each with its answer: in time, within the client's budget, and until one of both ends it. */
export class Exchange {
  readonly #options: DialogueOptions
  readonly #wire: Wire
  readonly #dialogue: Dialogue
  readonly #budget: Budget
  readonly #watchdog: Watchdog
  readonly #replies: ReplyQueue
  #intake: MessageIntake | undefined
  /** The command that is being answered. */
  #verb = ''
  #isBusy = true
  /** The conversation is at work on a command: nobody may interrupt it. */
  #isAnswering = false
  /** A message is judged and handed over. */
  #isTaking = false
  #isDraining = false
  #ending: Ending = 'disconnected'
  /** The reply at hand is the last one. */
  #isLast = false
  #isOver = false

  constructor(wire: Wire, options: DialogueOptions) {
    this.#options = options
    this.#wire = wire
    this.#dialogue = new Dialogue(options)
    this.#budget = new Budget(options.limits)
    this.#replies = new ReplyQueue(wire)
    this.#watchdog = new Watchdog(options.limits, limit => this.#endWith(replies.timedOut, 'timed out', limit))
  }

  /** What answers a command; undefined for one that we do not know. */
  command(verb: string): ((line: string) => Promise<void>) | undefined {
    const work = this.#work(verb)
    return work && (line => this.#answer(() => work(line)))
  }

  /** Judges the client, and greets it. */
  async greet(): Promise<void> {
    const greeting = await this.#undisturbed('connect', () => this.#dialogue.greet(this.#wire))
    if (this.#wire.isClosing) return
    this.#say(greeting.code === 220 ? greeting : this.#last(greeting, 'refused by the protocol'))
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
    const { limits, log } = this.#options
    this.#isBusy = true
    this.#watchdog.pause()
    this.#intake = undefined // from here on it is the dialogue's
    this.#isTaking = true
    const reply = await answer({ what: 'message', ms: limits.messageAnswerMs, log, work: () => this.#dialogue.message(intake) })
    this.#isTaking = false
    this.#watchdog.noteTransaction()
    if (reply.code < 400) this.#budget.noteTransaction()
    if (this.#wire.isClosing) return
    this.#say(intake.isHopeless ? this.#last(reply, 'refused by the protocol') : reply)
    this.await()
  }

  secured(tls: Tls): Promise<void> {
    return this.#dialogue.secured(tls).then(() => this.await())
  }

  /** Now it is the client's turn, unless it has had enough. */
  await(): void {
    this.#isBusy = false
    const { isClosing, isSecuring, isReceiving } = this.#wire
    if (isClosing) return
    const spentOn = this.#budget.spentOn
    if (spentOn) this.#endWith(replies.tooManyErrors, 'refused by the protocol', spentOn)
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
    this.#say(reply.code === 421 ? this.#last(reply, 'refused by the protocol') : reply)
  }

  /** Ends the connection as soon as the client has its answer to what it has said (RFC 5321, 3.8). */
  drain(): void {
    this.#isDraining = true
    this.#ending = 'shut down'
    if (!this.#isBusy && !this.#wire.isReceiving) this.#endWith(replies.shuttingDown, 'shut down')
  }

  /** The client has closed its side. Without QUIT while we judge its message, it has given up waiting and will come again. */
  noteEnd(): void {
    if (this.#isTaking && !this.#wire.hasMore) this.#leave('disconnected')
  }

  /** The connection is closing or closed, whoever did it. */
  finish(): void {
    this.#replies.flush()
    if (this.#isOver) return
    this.#isOver = true
    this.#options.counts.noteEnding(this.#ending)
    this.#watchdog.stop()
    void this.#intake?.discard()
    if (!this.#isAnswering) this.#leave(this.#ending)
  }

  #work(verb: string): ((line: string) => WireReply | Promise<WireReply>) | undefined {
    if (verb === 'DATA') return line => this.#startData(line)
    if (verb === 'QUIT') return () => this.#last(replies.goodbye, 'quit')
    if (verb === 'STARTTLS') return line => this.#dialogue.refuseStartTls(line) ?? replies.startTls
    const command = this.#dialogue.command(verb)
    return command && (line => command(line, this.#wire))
  }

  async #answer(work: () => WireReply | Promise<WireReply>): Promise<void> {
    const reply = await this.#undisturbed(this.#verb, work)
    await this.#budget.note(this.#verb, reply.code)
    if (this.#wire.isClosing) return
    this.#say(reply)
    if (reply === replies.startTls) this.#wire.startTls()
  }

  /** Lets the conversation come to its answer. When the client leaves meanwhile, the conversation hears of it afterwards. */
  async #undisturbed(what: string, work: () => WireReply | Promise<WireReply>): Promise<WireReply> {
    const { limits, log } = this.#options
    this.#isAnswering = true
    const reply = await answer({ what, ms: limits.answerMs, log, work })
    this.#isAnswering = false
    if (this.#isOver) this.#leave(this.#ending)
    return reply
  }

  #leave(ending: Ending): void {
    try {
      this.#options.conversation.close(ending)
    } catch (error) {
      this.#options.log.error({ error: String(error) }, 'ending a conversation failed')
    }
  }

  #startData(line: string): WireReply {
    const { hasMore } = this.#wire
    const intake = this.#dialogue.data(line, { hasMore })
    // S13: what comes uncalled may be commands to one server and a message to another.
    if ('code' in intake) return hasMore ? this.#last(intake, 'refused by the protocol') : intake
    this.#intake = intake
    this.#wire.receive(intake)
    return replies.sendMessage
  }

  #say(reply: WireReply): void {
    this.#options.counts.noteReply(this.#verb, reply.code)
    this.#replies.add(this.#verb, reply)
    if (reply === replies.takesTooLong) this.#last(reply, 'timed out')
    if (this.#isLast) this.#wire.close()
  }

  /** The connection ends with this reply. */
  #last(reply: WireReply, ending: Ending): WireReply {
    this.#ending = ending
    this.#isLast = true
    return reply
  }

  #endWith(reply: WireReply, ending: Ending, limit?: string): void {
    if (this.#wire.isClosing) return
    if (limit !== undefined) this.#options.counts.cut.add(limit)
    this.#say(this.#last(reply, ending))
  }
}
