import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { SMTPServer } from 'smtp-server'
import { SMTPConnection, type SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js'
import type { Conversation } from '../engine/conversation.ts'
import type { Ending } from '../engine/trace.ts'
import { answer } from './adapter.ts'
import { Budget } from './budget.ts'
import { readCommandLine } from './command-line.ts'
import { Dialogue } from './dialogue.ts'
import { DialogueStream } from './dialogue-stream.ts'
import type { Edge } from './edge.ts'
import { MessageIntake } from './message-intake.ts'
import * as replies from './replies.ts'
import { describeTls } from './tls.ts'
import { Watchdog } from './watchdog.ts'
import { formatWireReply, type WireReply } from './wire-reply.ts'

/** A client that has been let in: what smtp-server wants to know of it, and what the rest of us does. */
export interface Arrival extends SMTPConnectionOptions {
  readonly edge: Edge
  readonly conversation: Conversation
  /** How many recipients a message may have. */
  readonly recipients: number
  readonly mayXclient: boolean
  /** To be called when the connection is gone. */
  readonly onGone: () => void
}

/** Replies that a client which sends ahead may get together with the next one (RFC 2920, 3.1). */
const groupable = new Set(['MAIL', 'RCPT', 'RSET'])
const heldBytes = 4096

/** Only the codes that smtp-server itself says, with the enhanced status that it gets wrong or leaves out. */
const statuses: Readonly<Record<number, string>> = { 421: '4.7.0', 451: '4.3.0', 500: '5.5.2', 501: '5.5.4', 503: '5.5.1' }

/**
 * One client's connection, mended: all that we change in smtp-server 3.21.6 is in this file (docs/decisions). Its
 * sockets, its STARTTLS and its way of ending connections stay; its parsers, replies, time-outs and commands are ours.
 */
export class EdgeConnection extends SMTPConnection {
  readonly #arrival: Arrival
  readonly #dialogue: Dialogue
  readonly #budget: Budget
  readonly #watchdog: Watchdog
  readonly #commands: ReadonlyMap<string, (line: string) => WireReply | Promise<WireReply>>
  #intake: MessageIntake | undefined
  /** Replies that wait to go out with the next one. */
  #held = ''
  /** The command that is being answered. */
  #verb = ''
  #isBusy = true
  #isDraining = false
  #ending: Ending = 'disconnected'
  /** Set when the connection ends with the reply at hand. */
  #lastWord: Ending | undefined
  #hasLeft = false

  constructor(server: SMTPServer, socket: Socket, arrival: Arrival) {
    super(server, socket, arrival)
    const { edge, conversation, recipients, mayXclient } = arrival
    this.#arrival = arrival
    this.#dialogue = new Dialogue({ ...edge, conversation, recipients, mayXclient })
    this.#budget = new Budget(edge.limits)
    this.#watchdog = new Watchdog(edge.limits, () => this.#endWith(replies.timedOut, 'timed out'))
    const dialogue = this.#dialogue
    this.#commands = new Map<string, (line: string) => WireReply | Promise<WireReply>>([
      ['HELO', line => this.#greeted(line)],
      ['EHLO', line => this.#greeted(line)],
      ['MAIL', line => dialogue.mail(line)],
      ['RCPT', line => dialogue.rcpt(line)],
      ['DATA', line => this.#startData(line)],
      ['RSET', line => dialogue.rset(line)],
      ['NOOP', () => dialogue.noop()],
      ['VRFY', line => dialogue.vrfy(line)],
      ['QUIT', () => this.#quit()],
      ['STARTTLS', line => dialogue.refuseStartTls(line) ?? replies.startTls],
      ['XCLIENT', line => dialogue.xclient(line)],
      ...['EXPN', 'HELP', 'ETRN', 'BDAT'].map(verb => [verb, () => replies.notImplemented] as const),
    ])
  }

  /** Ends the connection as soon as the client has its answer to what it has said (RFC 5321, 3.8). */
  drain(): void {
    this.#isDraining = true
    if (!this.#isBusy && !this.#stream?.isReceiving) this.#endWith(replies.shuttingDown, 'shut down')
  }

  /** Ends the connection now, whatever is going on. */
  cut(): void {
    this.#endWith(replies.shuttingDown, 'shut down')
    this._socket.destroy()
  }

  // --- What smtp-server calls ---

  /** S23: no pause of 100 ms, and no reading before the greeting: who talks early has been heard by then. */
  override init(): void {
    this._socket.on('close', hadError => this._onCloseEvent(hadError))
    this._socket.on('error', error => this._onError(error))
    void this.#begin()
  }

  /** S4, S5, S12, S13: our own parser. Called from the constructor, before this object has its own fields. */
  override _createParser(): DialogueStream {
    const stream = new DialogueStream({
      onLine: line => this.#hear(line),
      onData: bytes => this.#watchdog.noteData(bytes),
      onMessage: intake => this.#judge(intake),
    })
    stream.on('error', error => this._socket.destroy(error))
    stream.on('finish', () => this.close())
    return stream
  }

  /** S7: every byte would set the time-out back; the watchdog looks at progress. */
  override _armTimeout(): void {}

  /** S9: whatever smtp-server says on its own gets the right status. */
  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    const text = [data ?? ''].flat().join(' ')
    const status = context === false ? undefined : statuses[code]
    const reply: WireReply = status ? { code, status, text } : { code, lines: [text] }
    void this.#budget.note(this.#verb, code)
    this.#say(reply)
  }

  /** S8, S16, S17, S20: the commands that we know, each with one answer. */
  override _getHandler(verb: string): ((line: Buffer, callback: () => void) => void) | undefined {
    const work = this.#commands.get(verb)
    return work && ((line, callback) => void this.#answer(() => work(line.toString())).then(callback))
  }

  /** A client that does not read our replies is late with its next command. */
  override _whenWritable(next: () => void): void {
    if (this._socket.writableNeedDrain) this.#watchdog.expect('command')
    super._whenWritable(next)
  }

  override close(): void {
    this.#flush()
    this.#leave()
    super.close()
  }

  override _onClose(): void {
    super._onClose()
    this.#leave()
    this.#arrival.onGone()
  }

  // --- What we do ---

  async #begin(): Promise<void> {
    const { limits, log } = this.#arrival.edge
    const greeting = await answer({ what: 'connect', ms: limits.answerMs, log, work: () => this.#greeting() })
    if (this.#isGone || !this._parser) return
    this._resetSession()
    this.#say(greeting)
    if (greeting.code !== 220) return this.close()
    this._ready = true
    this._socket.pipe(this._parser)
    this.#await()
  }

  async #greeting(): Promise<WireReply> {
    const { conversation } = this.#arrival
    await conversation.connect()
    if (this._socket.readableLength && !conversation.session.violations.length) await this.#dialogue.noteEarlyTalk()
    return this.#dialogue.greeting
  }

  async #hear(line: Buffer): Promise<void> {
    if (this._upgrading || this.#isGone) return
    this.#isBusy = true
    this.#watchdog.pause()
    const command = readCommandLine(line)
    this.#verb = typeof command === 'string' ? (command.split(' ', 1)[0] ?? '').toUpperCase() : ''
    if (typeof command === 'string') await new Promise<void>(resolve => super._onCommand(Buffer.from(command), resolve))
    else await this.#answer(() => command)
    this.#await()
  }

  async #answer(work: () => WireReply | Promise<WireReply>): Promise<void> {
    const { limits, log } = this.#arrival.edge
    const reply = await answer({ what: this.#verb, ms: limits.answerMs, log, work })
    await this.#budget.note(this.#verb, reply.code)
    if (this.#isGone) return
    this.#say(reply)
    if (this.#lastWord) this.#end(this.#lastWord)
    else if (reply === replies.startTls) this.#startTls()
  }

  #startTls(): void {
    // S22: the old parser keeps what was sent ahead; it is never heard.
    const resume = () => {}
    this._socket.allowHalfOpen = false // TLS takes this over: a client that leaves during the handshake is gone
    this.upgrade(resume, () => void this.#secured())
  }

  async #greeted(line: string): Promise<WireReply> {
    const reply = await this.#dialogue.helo(line, { hasMore: this.#stream?.hasMore ?? false })
    // smtp-server looks whether there is a name before it calls MAIL, RCPT and DATA.
    if (reply.code === 250) this.hostNameAppearsAs = line
    return reply
  }

  #startData(line: string): WireReply {
    const { edge } = this.#arrival
    const hasMore = this.#stream?.hasMore ?? false
    // S13: what comes uncalled may be commands to one server and a message to another.
    if (hasMore) this.#lastWord = 'refused by the protocol'
    const refusal = this.#dialogue.refuseData(line, { hasMore })
    if (refusal) return refusal
    const lineEnds = edge.as === 'mx' ? 'strict' : 'repair'
    this.#intake = new MessageIntake({ limits: edge.limits, lineEnds, spoolDirectory: edge.spoolDirectory })
    this.#stream?.receive(this.#intake)
    return { code: 354, lines: ['End data with <CR><LF>.<CR><LF>'] }
  }

  #quit(): WireReply {
    this.#lastWord = 'quit'
    return replies.goodbye
  }

  async #judge(intake: MessageIntake): Promise<void> {
    const { limits, log } = this.#arrival.edge
    this.#isBusy = true
    this.#watchdog.pause()
    this.#intake = undefined // from here on it is the dialogue's
    const reply = await answer({ what: 'message', ms: limits.messageAnswerMs, log, work: () => this.#dialogue.message(intake) })
    this.#watchdog.noteTransaction()
    if (reply.code < 400) this.#budget.noteTransaction()
    if (this.#isGone) return
    this.#say(reply)
    if (intake.isHopeless) this.#end('refused by the protocol')
    this.#await()
  }

  async #secured(): Promise<void> {
    const tls = this._socket instanceof TLSSocket ? describeTls(this._socket) : undefined
    if (tls) await this.#dialogue.secured(tls)
    this.#await()
  }

  /** Now it is the client's turn, unless it has had enough. */
  #await(): void {
    this.#isBusy = false
    if (this.#isGone) return
    const isReceiving = this.#stream?.isReceiving
    if (this.#budget.isSpent) this.#endWith(replies.tooManyErrors, 'refused by the protocol')
    else if (this.#isDraining && !isReceiving && !this._upgrading) this.#endWith(replies.shuttingDown, 'shut down')
    else this.#watchdog.expect(this._upgrading ? 'handshake' : isReceiving ? 'data' : 'command')
  }

  #say(reply: WireReply): void {
    this.#held += formatWireReply(reply)
    const mayWait = groupable.has(this.#verb) && this.#stream?.hasLine && this.#held.length < heldBytes
    if (!mayWait) this.#flush()
    if (reply.code === 421) this.close()
  }

  #flush(): void {
    // Within a handshake there is no place for words, and smtp-server's STARTTLS works on the bare socket until its end.
    if (this.#held && !this._upgrading && this._socket.writable) this._socket.write(this.#held, 'latin1')
    this.#held = ''
  }

  #endWith(reply: WireReply, ending: Ending): void {
    if (this.#isGone) return
    this.#ending = ending
    this.#say(reply)
    if (this._upgrading) this._socket.destroy()
  }

  #end(ending: Ending): void {
    this.#ending = ending
    this.close()
  }

  /** The dialogue is over, however that came about. */
  #leave(): void {
    if (this.#hasLeft) return
    this.#hasLeft = true
    this.#watchdog.stop()
    void this.#intake?.discard()
    this.#arrival.conversation.close(this.#ending)
  }

  get #isGone(): boolean {
    return this._closing || this._closed
  }

  get #stream(): DialogueStream | undefined {
    return this._parser instanceof DialogueStream ? this._parser : undefined
  }
}
