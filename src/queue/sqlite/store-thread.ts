/** The thread that has the file of the queue open: what waits for the disk waits here. */
import { isMainThread, type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { type Step, step } from '../step.ts'
import { QueueFile } from './queue-file.ts'

/** What the thread is asked for, and with what. The first of them only look, and need no lock. */
export type Question =
  | { readonly what: 'list'; readonly with: readonly [Parameters<QueueFile['list']>[0]] }
  | { readonly what: 'counts'; readonly with: readonly [] }
  | { readonly what: 'content'; readonly with: readonly [string] }
  | { readonly what: 'add'; readonly with: Readonly<Parameters<QueueFile['add']>> }
  | { readonly what: 'claim'; readonly with: Readonly<Parameters<QueueFile['claim']>> }
  | { readonly what: 'claimOverdue'; readonly with: Readonly<Parameters<QueueFile['claimOverdue']>> }
  | { readonly what: 'renew'; readonly with: Readonly<Parameters<QueueFile['renew']>> }
  | { readonly what: 'settle'; readonly with: Readonly<Parameters<QueueFile['settle']>> }
  | { readonly what: 'avoid'; readonly with: Readonly<Parameters<QueueFile['avoid']>> }
  | { readonly what: 'embrace'; readonly with: Readonly<Parameters<QueueFile['embrace']>> }
  | { readonly what: 'change'; readonly with: Readonly<Parameters<QueueFile['change']>> }
  | { readonly what: 'close'; readonly with: readonly [] }

/** A question with the number by which its answer is known. `nowMs` is the time for it, when the clock is not the system's. */
export type Asked = Question & { readonly number: number; readonly nowMs?: number }

export type Answered =
  | { readonly number: number; readonly value: unknown }
  | { readonly number: number; readonly error: { readonly name: string; readonly message: string; readonly code?: number } }

const looks: ReadonlySet<string> = new Set(['list', 'counts', 'content'])

/** A second's worth of work for a slow disk: who asked first should not wait for all that came since. */
const mostTogether = 500

class Thread {
  readonly #port: MessagePort
  readonly #file: QueueFile
  #nowMs: number | undefined

  constructor(port: MessagePort, folder: string) {
    this.#port = port
    this.#file = new QueueFile(folder, () => this.#nowMs ?? Date.now())
    port.on('message', (first: Asked) => this.#serve(this.#with(first)))
  }

  /** All that has come while the disk was busy is written together: one commit is one wait for the disk, however much it holds. */
  #with(first: Asked): Asked[] {
    const questions = [first]
    while (questions.length < mostTogether) {
      const next = receiveMessageOnPort(this.#port)
      if (!next) break
      questions.push(next.message as Asked) // only we write to this port
    }
    return questions
  }

  #serve(questions: readonly Asked[]): void {
    const close = questions.find(({ what }) => what === 'close')
    const looking = questions.filter(({ what }) => looks.has(what))
    this.#answerEach(looking)
    this.#change(questions.filter(({ what }) => !looks.has(what) && what !== 'close'))
    if (!close) return
    this.#file.close()
    this.#answer({ number: close.number, value: undefined })
    this.#port.close()
  }

  #change(all: readonly Asked[]): void {
    const questions = all.filter(question => question.what !== 'claim' || !this.#isVain(question))
    if (questions.length === 0) return
    try {
      const answers = this.#file.transact(() => {
        const answers = questions.map(question => ({ number: question.number, value: this.#do(question) }))
        this.#tell(questions, 'before the commit')
        return answers
      })
      this.#tell(questions, 'committed')
      for (const answer of answers) this.#answer(answer)
    } catch (error) {
      // One of them may be at fault: then the others need not suffer for it.
      if (questions.length === 1 && questions[0]) this.#answer({ number: questions[0].number, error: described(error) })
      else for (const question of questions) this.#change([question])
    }
  }

  /** Whether nothing is due: that is answered without locking anybody out. */
  #isVain(question: Asked): boolean {
    this.#nowMs = question.nowMs
    try {
      if (this.#file.hasDue()) return false
    } catch {
      return false // it will go wrong again, and be told
    }
    this.#answer({ number: question.number, value: [] })
    return true
  }

  #answerEach(questions: readonly Asked[]): void {
    for (const question of questions) {
      try {
        this.#answer({ number: question.number, value: this.#do(question) })
      } catch (error) {
        this.#answer({ number: question.number, error: described(error) })
      }
    }
  }

  #do(question: Asked): unknown {
    this.#nowMs = question.nowMs
    const file = this.#file as unknown as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>
    // Each question is named after the method that answers it, and has its parameters: `Question` sees to that.
    return file[question.what]?.(...question.with)
  }

  #tell(questions: readonly Asked[], when: 'before the commit' | 'committed'): void {
    for (const what of ['add', 'claim', 'settle'] as const) {
      if (questions.some(question => question.what === what)) step(`${what}: ${when}` satisfies Step)
    }
  }

  #answer(answer: Answered): void {
    this.#port.postMessage(answer)
  }
}

function described(error: unknown) {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) }
  const code = 'errcode' in error ? Number(error.errcode) : undefined
  return { name: error.constructor.name, message: error.message, ...(code !== undefined && { code }) }
}

if (!isMainThread && parentPort) {
  const { folder } = workerData as { readonly folder: string }
  new Thread(parentPort, folder)
  parentPort.postMessage({ number: 0, value: undefined } satisfies Answered)
}
