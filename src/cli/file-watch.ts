import { type FSWatcher, statSync, watch } from 'node:fs'
import { dirname } from 'node:path'

/** How the watch waits, in milliseconds. */
interface Timings {
  /** How often it looks by itself: the system tells nothing of network disks, and of a folder that came after it. */
  readonly lookMs: number
  /** How soon it looks when a folder has news. */
  readonly soonMs: number
  /** How long nothing may change before it is told: an editor may write a file in several steps. */
  readonly settleMs: number
  /** What goes on changing is told in the end. */
  readonly longestMs: number
}

const defaultTimings: Timings = { lookMs: 2000, soonMs: 20, settleMs: 100, longestMs: 1000 }

/**
 * Notices within a moment when one of some files is changed, replaced, deleted or made. It listens to the system about the
 * folders, because editors put a new file in place of the old one, and compares what the files are like; it keeps no process alive.
 */
export class FileWatch {
  readonly #onChange: () => void
  readonly #timings: Timings
  readonly #folders = new Map<string, Folder>()
  #stamps = new Map<string, string>()
  #timer: NodeJS.Timeout | undefined
  /** A folder may have much news of other files: one look answers all that comes within a moment. */
  #soon: NodeJS.Timeout | undefined
  #settling: NodeJS.Timeout | undefined
  /** Since when something has been changing. */
  #changingSince: number | undefined

  constructor(onChange: () => void, timings: Partial<Timings> = {}) {
    this.#onChange = onChange
    this.#timings = { ...defaultTimings, ...timings }
  }

  /** Looks at these files from now on, and at no others: what they are like now, if it did not look at them before, is no change. */
  follow(files: readonly string[]): void {
    this.#stamps = new Map(files.map(file => [file, this.#stamps.get(file) ?? stampOf(file)]))
    const folders = new Set(files.map(file => dirname(file)))
    for (const folder of this.#folders.keys()) if (!folders.has(folder)) this.#forget(folder)
    clearInterval(this.#timer)
    if (files.length > 0) this.#timer = setInterval(() => this.#look(), this.#timings.lookMs).unref()
    else for (const timer of [this.#soon, this.#settling]) clearTimeout(timer)
    this.#listen()
  }

  /** What the files are like now is known: they are about to be read. */
  note(): void {
    clearTimeout(this.#settling)
    this.#settling = undefined
    this.#changingSince = undefined
    for (const file of this.#stamps.keys()) this.#stamps.set(file, stampOf(file))
  }

  #look(): void {
    this.#listen()
    if (this.#settling || ![...this.#stamps].some(([file, stamp]) => stampOf(file) !== stamp)) return
    this.#changingSince = performance.now()
    this.#settle()
  }

  /** Waits until two looks see the same. */
  #settle(): void {
    const seen = [...this.#stamps.keys()].map(stampOf).join('\n')
    const tell = () => {
      const isLate = performance.now() - (this.#changingSince ?? 0) > this.#timings.longestMs
      if (!isLate && [...this.#stamps.keys()].map(stampOf).join('\n') !== seen) return this.#settle()
      this.note()
      this.#onChange()
    }
    this.#settling = setTimeout(tell, this.#timings.settleMs).unref()
  }

  /** Listens to each folder that is there: to the one that has this name now, for folders are replaced too. */
  #listen(): void {
    for (const folder of new Set([...this.#stamps.keys()].map(file => dirname(file)))) {
      const inode = statSync(folder, { throwIfNoEntry: false })?.ino
      if (this.#folders.get(folder)?.inode === inode) continue
      this.#forget(folder)
      try {
        const watcher = watch(folder, { persistent: false }, () => this.#noteNews())
        watcher.on('error', () => this.#forget(folder))
        this.#folders.set(folder, { watcher, inode })
      } catch {
        // It is not there, or the system has no more watches to give: then we look now and then.
      }
    }
  }

  #noteNews(): void {
    if (this.#soon) return
    const look = () => {
      this.#soon = undefined
      this.#look()
    }
    this.#soon = setTimeout(look, this.#timings.soonMs).unref()
  }

  #forget(folder: string): void {
    this.#folders.get(folder)?.watcher.close()
    this.#folders.delete(folder)
  }
}

interface Folder {
  readonly watcher: FSWatcher
  readonly inode: number | undefined
}

function stampOf(file: string): string {
  try {
    const { ino, size, mtimeMs, ctimeMs } = statSync(file)
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`
  } catch {
    return 'none'
  }
}
