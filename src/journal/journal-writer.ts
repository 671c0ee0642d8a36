import { once } from 'node:events'
import { extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Trace } from '../engine/trace.ts'
import { type Row, rowOf } from './record.ts'
import { charactersOf, type JournalNews, type JournalSettings } from './scribe.ts'

/** What was written, what was lost, and how often there was trouble. */
export interface JournalCounts {
  readonly written: number
  readonly lost: number
  readonly errors: number
}

/** What the owner of a journal is told: something for the log. */
export type JournalTrouble = Exclude<JournalNews, { readonly count: number }> | { readonly state: 'ended'; readonly why: string }

/** So much is lost at most when the process dies. */
const flushEveryMs = 500
/** To make a line takes some microseconds: mail goes on between the portions. */
const portion = { records: 100, nextMs: 5 } as const
/** If the file cannot be written for long, what comes is lost: the memory is for mail. */
const mostWaiting = { characters: 32 * 1024 * 1024, records: 20_000 } as const
const closeMs = 3000

// The packed file has another ending.
const thread = join(import.meta.dirname, `journal-thread${extname(import.meta.filename)}`)

/**
 * The journal, for the gateway. A thread of its own writes it: no mail waits for the disk, or for others who have the file
 * locked. Several processes may write to one file. Nothing that becomes of it is an exception.
 */
export class JournalWriter {
  readonly #thread: Worker
  readonly #tell: (trouble: JournalTrouble) => void
  readonly #counts = { written: 0, lost: 0, errors: 0 }
  #pending: { readonly trace: Trace; readonly configuration: string }[] = []
  #timer: NodeJS.Timeout | undefined
  /** Handed to the thread, and not written yet, in characters. */
  #waiting = 0
  #isOpen = true

  constructor(settings: JournalSettings, tell: (trouble: JournalTrouble) => void) {
    this.#tell = tell
    this.#thread = new Worker(thread, { workerData: settings, name: 'journal' })
    this.#thread.unref()
    this.#thread.on('message', news => this.#hear(news))
    this.#thread.on('error', error => this.#end(String(error)))
    // Its end comes once: who closes behind it must not wait for another one.
    this.#thread.on('exit', () => {
      this.#isOpen = false
    })
  }

  get counts(): JournalCounts {
    return this.#counts
  }

  /** Takes note of a transaction that is over, and of the fingerprint of the configuration by which it was judged. */
  note(trace: Trace, configuration: string): void {
    if (!this.#isOpen || this.#pending.length >= mostWaiting.records) this.#counts.lost += 1
    else this.#pending.push({ trace, configuration })
    this.#timer ??= setTimeout(() => this.#flush(), flushEveryMs).unref()
  }

  /** Writes what is only in memory yet, as far as that goes in a moment. Nothing can be noted behind it. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    while (this.#pending.length > 0) this.#handOver()
    if (!this.#isOpen) return
    this.#isOpen = false
    const ended = once(this.#thread, 'exit')
    this.#thread.postMessage(null)
    const late = setTimeout(() => void this.#thread.terminate(), closeMs)
    await ended
    clearTimeout(late)
  }

  #flush(): void {
    this.#handOver()
    this.#timer = this.#pending.length > 0 ? setTimeout(() => this.#flush(), portion.nextMs).unref() : undefined
  }

  #handOver(): void {
    const records = this.#pending.splice(0, portion.records)
    const rows = records.flatMap(({ trace, configuration }) => this.#rowOf(trace, configuration) ?? [])
    if (!this.#isOpen || this.#waiting > mostWaiting.characters) this.#counts.lost += rows.length
    else {
      this.#waiting += charactersOf(rows)
      this.#thread.postMessage(rows)
    }
  }

  #rowOf(trace: Trace, configuration: string): Row | undefined {
    try {
      return rowOf(trace, configuration)
    } catch (error) {
      this.#counts.lost += 1
      this.#counts.errors += 1
      this.#tell({ state: 'waiting', why: `${trace.id}: ${error instanceof Error ? error.message : error}` })
      return undefined
    }
  }

  #hear(news: JournalNews): void {
    if ('count' in news) {
      this.#counts[news.state] += news.count
      this.#waiting -= news.characters
      return
    }
    if (news.state !== 'working') this.#counts.errors += 1
    this.#tell(news)
  }

  /** The thread has failed, which is a mistake of ours. */
  #end(why: string): void {
    this.#isOpen = false
    this.#counts.errors += 1
    this.#tell({ state: 'ended', why })
  }
}
