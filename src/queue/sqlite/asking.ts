import { extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { LeaseLost, NoRoom } from '../store.ts'
import type { Answered, Question } from './store-thread.ts'

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** In the form in which we run ourselves. */
const program = join(import.meta.dirname, `store-thread${extname(import.meta.filename)}`)

/** SQLITE_FULL. */
const full = 13

/** Asks the thread of the file. One that has died is replaced with the next question; what it was asked then is rejected. */
export class Asking {
  readonly #folder: string
  readonly #now: (() => number) | undefined
  readonly #waiting = new Map<number, Waiting>()
  #thread: Worker | undefined
  #number = 0
  #isClosed = false

  constructor(folder: string, now?: () => number) {
    this.#folder = folder
    this.#now = now
  }

  /** Resolves when the file is open. */
  open(): Promise<unknown> {
    return this.#await(0, () => this.#start())
  }

  ask(question: Question): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(new Error(`${this.#folder}: it is closed`))
    const number = ++this.#number
    return this.#await(number, () => {
      const thread = this.#thread ?? this.#start()
      thread.postMessage({ ...question, number, ...(this.#now && { nowMs: this.#now() }) })
    })
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    const closed = this.#thread ? this.ask({ what: 'close', with: [] }) : undefined
    this.#isClosed = true
    await closed
  }

  #await(number: number, begin: () => void): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#waiting.set(number, { resolve, reject })
    begin()
    // The process lives as long as an answer is awaited, and no longer.
    this.#thread?.ref()
    return promise
  }

  #start(): Worker {
    const thread = new Worker(program, { workerData: { folder: this.#folder } })
    this.#thread = thread
    thread.on('message', (answer: Answered) => this.#hear(answer))
    thread.on('error', error => this.#lose(thread, error))
    thread.on('exit', () => this.#lose(thread, new Error('its thread has ended')))
    return thread
  }

  #hear(answer: Answered): void {
    const waiting = this.#waiting.get(answer.number)
    this.#waiting.delete(answer.number)
    if (this.#waiting.size === 0) this.#thread?.unref()
    if ('error' in answer) waiting?.reject(this.#named(answer.error))
    else waiting?.resolve(answer.value)
  }

  #lose(thread: Worker, error: unknown): void {
    if (this.#thread !== thread) return
    this.#thread = undefined
    const lost = [...this.#waiting.values()]
    this.#waiting.clear()
    const { message } = error instanceof Error ? error : { message: String(error) }
    for (const { reject } of lost) reject(this.#named({ name: 'Error', message, cause: error }))
  }

  #named({ name, message, code, cause }: { name: string; message: string; code?: number; cause?: unknown }): Error {
    const text = `${this.#folder}: ${message}`
    if (name === LeaseLost.name) return new LeaseLost(text)
    return code === full ? new NoRoom(text) : new Error(text, { cause })
  }
}
