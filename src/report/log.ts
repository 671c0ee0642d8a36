import pino from 'pino'
import pretty from 'pino-pretty'
import type { Trace } from '../engine/trace.ts'
import { summarize } from './summary.ts'
import { unsafe, visible, visibleJson } from './visible.ts'

/** The log: one line for each transaction, and lines for start, stop, configuration and trouble. */
export interface Log {
  info(fields: object, text: string): void
  warn(fields: object, text: string): void
  error(fields: object, text: string): void
  /** The account of a transaction, as a line of its own. */
  transaction(trace: Trace): void
  /** Writes out what is still in memory, as far as that goes in a second. Nothing can be logged behind it. */
  close(): Promise<void>
}

/** The log of a process that writes for others too. */
export interface SharedLog extends Log {
  /** Writes whole lines of another process, as they are. */
  relay(lines: string): void
}

export interface LogOptions {
  /** One readable line each instead of JSON; for a terminal. */
  readonly pretty: boolean
  /** A file descriptor; standard output unless told. */
  readonly to?: number
  /** What stands in every line. */
  readonly always?: Readonly<Record<string, unknown>>
}

/** How long the end may take. */
const lastWordsMs = 1000
/** Lines that nobody reads must not fill the memory. */
const mostBytes = 16 * 1024 * 1024
/** Lines go out together: one by one, under load, they would cost more than the mail. A crash loses no more than these. */
const together = { minLength: 64 * 1024, maxWrite: 256 * 1024, periodicFlush: 100 } as const
const transactionText = 'transaction'

/** Opens the log. When it cannot be written, lines are lost and mail goes on. */
export function openLog({ pretty: isPretty, to = 1, always }: LogOptions): SharedLog {
  const { destination, giveUp } = openDestination(to, { isPretty })
  const stream = isPretty ? forPeople(destination) : { write: (line: string) => void destination.write(harmless(line)) }
  const logger = pino(
    { base: always ?? null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: level => ({ level }) } },
    stream,
  )
  let isOpen = true
  const say = (level: 'info' | 'warn' | 'error') => (fields: object, text: string) => {
    // What is said too late has nowhere to go, and must not bring down what is ending.
    if (isOpen) logger[level](fields, text)
  }
  return {
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    transaction: isPretty
      ? trace => say('info')({ ...trace, lookups: undefined }, transactionText)
      : trace => {
          if (isOpen) destination.write(harmless(transactionLine(trace, always)))
        },
    relay: lines => {
      if (isOpen) destination.write(lines)
    },
    close: () => {
      isOpen = false
      return close(destination).finally(giveUp)
    },
  }
}

/** As pino would write it, at once: there is one for each message, and pino takes every field on its own. */
function transactionLine(trace: Trace, always: object = {}): string {
  const time = new Date().toISOString()
  // What was asked of the DNS is much, and stands in the journal.
  return `${JSON.stringify({ level: 'info', time, ...always, ...trace, lookups: undefined, msg: transactionText })}\n`
}

function openDestination(to: number, { isPretty }: { readonly isPretty: boolean }) {
  let isOver = false
  const destination = pino.destination({
    dest: to,
    sync: isPretty,
    maxLength: mostBytes,
    ...(!isPretty && together),
    // A pipe that is full is tried again and again: behind the end that would keep the process alive.
    retryEAGAIN: () => !isOver,
  })
  // A full disk or a closed pipe: there is nowhere left to say so.
  destination.on('error', () => {})
  const giveUp = () => {
    isOver = true
    // What is left has no reader, and must not be tried again when the process exits.
    destination.destroy()
  }
  return { destination, giveUp }
}

/** The same JSON, without a character that a terminal would obey. Outside of strings there is none but the final line end. */
function harmless(line: string): string {
  return `${line.slice(0, -1).replace(unsafe, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`
}

type Destination = ReturnType<typeof pino.destination>

/**
 * Writes out what is still in memory and closes. Without flushSync, which tries for ever when the reader of a pipe has died:
 * whoever waits for us to end has waited long enough after a second.
 */
function close(destination: Destination): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const late = setTimeout(resolve, lastWordsMs)
  for (const end of ['close', 'error']) destination.once(end, resolve)
  try {
    destination.end()
  } catch {
    resolve() // its reader has gone, and it with it
  }
  return promise.finally(() => clearTimeout(late))
}

function forPeople(destination: Destination) {
  return pretty({
    destination,
    colorize: false,
    translateTime: 'SYS:HH:MM:ss',
    hideObject: true,
    messageFormat: line => readable(line),
  })
}

function readable(line: Record<string, unknown>): string {
  // Only `transaction` writes this text, and what it writes is a trace.
  if (line.msg === transactionText) return summarize(line as unknown as Trace)
  const { level: _, time: __, msg, ...fields } = line
  const details = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? visible(value) : visibleJson(value)}`,
  )
  return [visible(String(msg)), ...details].join(' ')
}
