import { SmtpClient } from '../../../fixtures/smtp-client.ts'
import { silent } from './ledger.ts'

export interface SendOptions {
  readonly port: number
  /** The address to come from, by a PROXY header. */
  readonly ip?: string
  readonly helo?: string
  readonly to?: string
  /** The message, when it is sent again; else a new one. */
  readonly id?: string
  /** How large it is, about. */
  readonly bytes?: number
  /** How long the client waits for each answer. */
  readonly patienceMs?: number
  /** Called when the message is there up to its dot, which waits for it. */
  readonly beforeDot?: () => Promise<unknown>
}

/** What became of one attempt to send a message, as its client sees it. */
export interface Sent {
  readonly id: string
  /** The answer that ended it, and at which step. */
  readonly heard: string
  readonly code: number
  /** The client heard 250 to its message: it is ours now. */
  readonly taken: boolean
  /** The client heard 5yz: its user is told. */
  readonly refused: boolean
  /** The dot was sent, and no answer came: the client cannot know. */
  readonly unsure: boolean
  /** The longest that an answer took. */
  readonly slowestMs: number
}

let count = 0

/** A name for a message that no other has in this run. */
export function newId(): string {
  return `mail-${++count}`
}

/** The sender of a message, by which a next hop can tell it before it has read it. */
export function senderOf(id: string): string {
  // Below a top-level domain that everybody knows: of others a resolver may say what it likes.
  return `ann+${id}@sender.example.org`
}

/** The content by which a message is known again, and its end. */
export function contentOf(id: string, bytes = 0): Buffer {
  const filling = `${'x'.repeat(76)}\r\n`.repeat(Math.ceil(bytes / 78))
  const head = `From: ann@sender.example.org\r\nTo: bob@our.example\r\nDate: ${new Date().toUTCString().replace('GMT', '+0000')}\r\nMessage-ID: <${id}@sender.example.org>\r\nSubject: ${id}\r\n`
  return Buffer.from(`${head}\r\nHello\r\n${filling}end of ${id}\r\n`)
}

/** Sends one message in a session of its own, as far as the server lets it come. */
export async function send(options: SendOptions): Promise<Sent> {
  const attempt = new Attempt(options)
  try {
    return await attempt.run()
  } catch (error) {
    return attempt.ended(
      0,
      error instanceof Error && error.message.startsWith('The server has said nothing') ? silent : reasonOf(error),
    )
  } finally {
    attempt.client?.leave()
  }
}

class Attempt {
  client: SmtpClient | undefined
  readonly #options: SendOptions
  readonly #id: string
  #step = 'connecting'
  #slowestMs = 0

  constructor(options: SendOptions) {
    this.#options = options
    this.#id = options.id ?? newId()
  }

  async run(): Promise<Sent> {
    const {
      port,
      ip,
      helo = 'mx.sender.example.org',
      to = 'bob@our.example',
      patienceMs = 15_000,
      bytes,
      beforeDot,
    } = this.#options
    const client = await SmtpClient.open({ port, patienceMs, ...(ip !== undefined && { ip }) })
    this.client = client
    const steps: readonly (readonly [step: string, expected: number, say: () => Promise<{ code: number; text: string }>])[] = [
      ['the greeting', 220, () => client.answer()],
      ['EHLO', 250, () => client.say(`EHLO ${helo}`)],
      ['MAIL', 250, () => client.say(`MAIL FROM:<${senderOf(this.#id)}>`)],
      ['RCPT', 250, () => client.say(`RCPT TO:<${to}>`)],
      ['DATA', 354, () => client.say('DATA')],
    ]
    for (const [step, expected, say] of steps) {
      const { code, text } = await this.#timed(step, say)
      if (code !== expected) return this.ended(code, text)
    }
    client.write(contentOf(this.#id, bytes))
    await beforeDot?.()
    const { code, text } = await this.#timed('the dot', () => client.say('.'))
    return this.ended(code, text)
  }

  ended(code: number, text: string): Sent {
    const isSent = this.#step === 'the dot'
    return {
      id: this.#id,
      heard: `${code === 0 ? '' : `${code} `}${told(text)}${code === 250 ? '' : ` at ${this.#step}`}`,
      code,
      taken: isSent && code === 250,
      refused: code >= 500,
      unsure: isSent && code === 0,
      slowestMs: this.#slowestMs,
    }
  }

  async #timed<T>(step: string, say: () => Promise<T>): Promise<T> {
    const since = performance.now()
    this.#step = step
    const answer = await say()
    this.#slowestMs = Math.max(this.#slowestMs, performance.now() - since)
    return answer
  }
}

/** The reply without the ids that differ from run to run. */
function told(text: string): string {
  return text
    .replaceAll(/ \[[0-9A-Z]{12}(?:\.\d+)?\]/g, '')
    .replaceAll(/\+mail-\d+/g, '')
    .replaceAll('\n', ' / ')
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code === 'ECONNREFUSED' ? 'connection refused' : (code ?? message)
}
