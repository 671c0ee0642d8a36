import { resolve } from 'node:path'
import { findConfiguration } from '../config/find.ts'
import type { Configuration } from '../config/load.ts'
import { namedPolicyFiles } from '../config/named-policy-files.ts'
import type { Checked } from '../config/problem.ts'
import { FileWatch } from './file-watch.ts'
import { ownTests, testKey } from './own-test.ts'
import type { Running } from './running.ts'
import { type Found, readWithSource } from './startup.ts'
import { tryOut } from './trial/trial.ts'

/** How a new configuration comes into force: into the processes that are at work, or with new ones. */
type How = 'reload' | 'renew'

/**
 * Puts what has changed in force: the configuration, its lists, the administrator's policies. What is told by a signal or
 * seen by the watch is read, tried out where it is code, and only then handed over; one after the other, for the last counts.
 */
export class Reloading {
  readonly #running: Running
  readonly #config: string | undefined
  readonly #watch = new FileWatch(() => this.begin('reload'))
  #inForce: Configuration
  /** What the tests of the administrator's policies were like when they passed, or when their policies came into force. */
  #passed: Promise<readonly string[]>
  #changing: Promise<void> = Promise.resolve()
  /** The trial that is under way, and what for. */
  #trial: { readonly how: How; readonly abort: AbortController } | undefined
  #isOver = false

  constructor(running: Running, { configuration }: Found, config: string | undefined) {
    this.#running = running
    this.#config = config
    this.#inForce = configuration
    this.#passed = Promise.all(ownTests(configuration).map(testKey)).then(keys => keys.flatMap(key => key ?? []))
    this.#follow([])
  }

  begin(how: How): void {
    // What is tried at this moment is not the last word any more; but new processes are what somebody has asked for.
    if (this.#trial?.how === 'reload') this.#trial.abort.abort()
    this.#changing = this.#changing.then(() => this.#change(how))
  }

  /** Nothing is taken over any more. */
  end(): void {
    this.#isOver = true
    this.#trial?.abort.abort()
    this.#watch.follow([])
  }

  async #change(how: How): Promise<void> {
    if (this.#isOver) return
    this.#watch.note()
    const abort = new AbortController()
    this.#trial = { how, abort }
    const tried = await this.#try(abort.signal)
    this.#trial = undefined
    if (abort.signal.aborted) return
    const next = 'problems' in tried ? tried : await readWithSource(this.#config)
    // What has been saved in the meantime, and not been tried, is tried next: the watch has seen it.
    if (this.#isOver || !(await this.#hasPassed(next))) return
    if ('value' in next) this.#inForce = next.value.configuration
    this.#follow('files' in tried ? tried.files : [])
    await this.#running[how](next)
  }

  /** Whether it may be loaded here; the files that have a part in it when it may not. */
  async #try(signal: AbortSignal): Promise<Checked<unknown> & { readonly files?: readonly string[] }> {
    const source = await findConfiguration(this.#config)
    if ('problems' in source) return source
    const policies = namedPolicyFiles(source.value)
    // What comes with Postern has been tried, and a list is no code.
    if (policies.length === 0) return { value: undefined }
    const { problems, passed, files } = await tryOut({ source: source.value, passed: await this.#passed }, { signal, policies })
    if (problems.length > 0) return { problems, files }
    this.#passed = Promise.resolve(passed)
    return { value: undefined, files }
  }

  async #hasPassed(next: Checked<Found>): Promise<boolean> {
    if ('problems' in next) return true
    const [keys, passed] = [await Promise.all(ownTests(next.value.configuration).map(testKey)), await this.#passed]
    return keys.every(key => key === undefined || passed.includes(key))
  }

  /** What is in force, and what may become so. */
  #follow(files: readonly string[]): void {
    const { document, rules } = this.#inForce
    const tests = ownTests(this.#inForce).map(({ file }) => file)
    this.#watch.follow([...new Set([resolve(document.file), ...rules.flatMap(({ files }) => files), ...tests, ...files])])
  }
}
