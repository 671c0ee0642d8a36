import type { SendHandle } from 'node:child_process'

/** The other process: a child of ours, or our parent. */
interface Peer {
  readonly connected: boolean
  on(event: 'message', listener: (letter: unknown, handle: unknown) => void): unknown
  on(event: 'disconnect', listener: () => void): unknown
  send?: ((letter: object, handle: SendHandle, options: object, callback: (error: Error | null) => void) => boolean) | undefined
}

/** Does what a message asks for. What it returns, or resolves to, is the answer: as JSON can hold it. */
type Handler = (body: never, handle: unknown) => unknown

interface Letter {
  readonly topic: string
  readonly body?: unknown
  /** Wants an answer with this number. */
  readonly ask?: number
  /** Answers the question with this number. */
  readonly answer?: number
  readonly error?: string
}

interface Question {
  readonly resolve: (body: never) => void
  readonly reject: (error: Error) => void
}

/**
 * Messages between the primary and one worker, in both directions: `tell` wants no answer, `ask` wants one in time. Each side
 * says with `on` what it does about a topic. Bodies are what JSON can hold. To a process that is gone nothing is sent.
 */
export class Channel {
  readonly #peer: Peer
  readonly #handlers = new Map<string, Handler>()
  readonly #questions = new Map<number, Question>()
  #asked = 0

  constructor(peer: Peer) {
    this.#peer = peer
    peer.on('message', (letter, handle) => void this.#read(letter as Letter, handle))
    peer.on('disconnect', () => this.#giveUp())
  }

  on(topic: string, handler: Handler): void {
    this.#handlers.set(topic, handler)
  }

  tell(topic: string, body?: unknown, handle?: SendHandle): void {
    this.#send({ topic, body }, handle)
  }

  /** Rejects when no answer comes in time, when the other is gone, or when it could not do what was asked. */
  ask<T>(topic: string, body: unknown, deadlineMs: number): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const number = ++this.#asked
    this.#questions.set(number, { resolve, reject })
    const late = setTimeout(() => reject(new Error(`no answer to "${topic}" within ${deadlineMs} ms`)), deadlineMs)
    if (this.#peer.connected) this.#send({ topic, body, ask: number })
    else reject(new Error(`nobody is there to answer "${topic}"`))
    return promise.finally(() => {
      clearTimeout(late)
      this.#questions.delete(number)
    })
  }

  async #read({ topic, body, ask, answer, error }: Letter, handle: unknown): Promise<void> {
    if (answer !== undefined) {
      const question = this.#questions.get(answer)
      if (error === undefined) question?.resolve(body as never)
      else question?.reject(new Error(error))
      return
    }
    try {
      const handler = this.#handlers.get(topic)
      if (!handler) throw new Error(`nobody knows what to do about "${topic}"`)
      const result = await handler(body as never, handle)
      if (ask !== undefined) this.#send({ topic, answer: ask, body: result })
    } catch (error) {
      if (ask !== undefined) this.#send({ topic, answer: ask, error: error instanceof Error ? error.message : String(error) })
      // A mistake of ours, of which nobody else would hear; mail goes on.
      else process.emitWarning(error instanceof Error ? error : String(error))
    }
  }

  #send(letter: Letter, handle?: SendHandle): void {
    // What is lost with a process that is ending has nobody to hear of it.
    if (this.#peer.connected) this.#peer.send?.(letter, handle, {}, () => {})
  }

  #giveUp(): void {
    for (const { reject } of this.#questions.values()) reject(new Error('the other process is gone'))
  }
}
