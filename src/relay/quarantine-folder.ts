import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Trace } from '../engine/trace.ts'
import type { Held, Quarantine } from '../engine/transport.ts'
import { formatAddress } from '../mail/address.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { Message } from '../mail/message.ts'
import { syncFolder, writeDurably } from './durable-file.ts'

/**
 * Keeps copies on disk, each in a folder of its own: `<yyyy-mm-dd>/<trace id>/` with `message.eml` and `trace.json`.
 * An entry has its name only once it is complete: what a crash leaves behind begins with a dot.
 */
export class QuarantineFolder implements Quarantine {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  async hold(envelope: Envelope, message: Message, trace: Trace): Promise<Held> {
    const day = await this.#dayOf(trace)
    const incomplete = join(day, `.${trace.id}-${randomBytes(4).toString('hex')}`)
    try {
      await mkdir(incomplete, { mode: 0o700 })
      await writeEntry(incomplete, { envelope, message, trace })
      const entry = await nameEntry(incomplete, join(day, trace.id))
      await syncFolder(day)
      return { discard: () => rm(entry, { recursive: true, force: true }) }
    } catch (error) {
      await rm(incomplete, { recursive: true, force: true }).catch(() => {}) // the first error is the one that tells what is wrong
      throw error
    }
  }

  /** The folder of the day, whose own name must be as durable as what is put into it. */
  async #dayOf({ id, started }: Trace): Promise<string> {
    if (!/^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(id) || !/^\d{4}-\d\d-\d\dT/.test(started)) {
      throw new Error(`A trace's id and start must be fit for a path, found ${JSON.stringify([id, started])}`)
    }
    const day = join(this.#folder, started.slice(0, 'yyyy-mm-dd'.length))
    const first = await mkdir(day, { recursive: true, mode: 0o700 })
    if (first === undefined) return day
    for (let made = day; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made))
    return day
  }
}

interface Entry {
  readonly envelope: Envelope
  readonly message: Message
  readonly trace: Trace
}

async function writeEntry(folder: string, { envelope, message, trace }: Entry): Promise<void> {
  const readable = { sender: formatAddress(envelope.sender), recipients: envelope.recipients.map(formatAddress) }
  const json = Buffer.from(`${JSON.stringify({ envelope: readable, trace: { ...trace, lookups: undefined } }, undefined, 2)}\n`)
  await writeDurably({ path: join(folder, 'message.eml'), content: message.chunks(), mode: 0o600 })
  await writeDurably({ path: join(folder, 'trace.json'), content: [json], mode: 0o600 })
  await syncFolder(folder)
}

/** How many copies one transaction can have in quarantine: those that a rule held, and those that the next hop refused. */
const copies = 9

/** Gives an entry its name: the trace's id, with a number behind it for a further copy. */
async function nameEntry(folder: string, name: string): Promise<string> {
  for (let copy = 1; copy <= copies; copy++) {
    const target = copy === 1 ? name : `${name}-${copy}`
    if (await renamed(folder, target)) return target
  }
  throw new Error(`There are ${copies} entries of this name already: ${name}`)
}

/** Whether the name was free: a folder is not moved onto one that has something in it. */
async function renamed(folder: string, target: string): Promise<boolean> {
  try {
    await rename(folder, target)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST')) return false
    throw error
  }
}
