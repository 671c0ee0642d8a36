import type { Message } from '../mail/message.ts'
import type { Reply } from '../mail/reply.ts'
import type { Job, NewMail, Result } from './record.ts'

/**
 * Where the queue is kept. Each operation is all or nothing, and on the disk when its promise is fulfilled; several processes
 * may share one place. Times are lengths in milliseconds: the clock that leases are held against is the store's own, one for
 * all. Rejects with the store's error; then nothing has been changed.
 */
export interface QueueStore {
  /** Takes a message in. Only when this is fulfilled may its sender forget it. */
  add(mail: NewMail, message: Message): Promise<void>
  /** Lends what is due, a portion of each domain in turn, and of a domain that is not avoided. */
  claim(request: ClaimRequest): Promise<readonly Job[]>
  /** Lends what has waited too long, or whose sender is to be told that it waits, also of domains that are avoided. */
  claimOverdue(request: LeaseRequest): Promise<readonly Overdue[]>
  /** Lends for longer what is still lent to this owner. */
  renew(request: RenewRequest): Promise<void>
  /** Writes down what has become of a job, with the report that goes out because of it, if there is one: both or none. */
  settle(settlement: Settlement): Promise<void>
  /**
   * From now on the mail for a domain rests, all of it; then one job is tried, and the others see how that goes. Says for how
   * long, in milliseconds.
   */
  avoid(avoidance: Avoidance): Promise<number>
  /** A domain can be reached, and its mail need not rest. */
  embrace(domain: string): Promise<void>
  list(filter: Filter): Promise<readonly Entry[]>
  /** Changes what a person asked to change. What is being delivered at this moment is left as it is, and told. */
  change(change: Change): Promise<Changed>
  content(id: string): Promise<Message | undefined>
  counts(): Promise<QueueCounts>
  close(): Promise<void>
}

export interface LeaseRequest {
  /** The process that it is lent to. */
  readonly owner: string
  readonly leaseMs: number
  readonly most: number
}

export interface ClaimRequest extends LeaseRequest {
  /** How many of one domain at most, and of some domains in particular. */
  readonly mostPerDomain: number
  readonly rooms?: Readonly<Record<string, number>>
}

/** A job, and why it is taken up: it is `expired`, or its sender waits for a `notice`. */
export interface Overdue {
  readonly why: 'expired' | 'notice'
  readonly job: Job
}

export interface RenewRequest {
  readonly owner: string
  readonly leaseMs: number
}

export interface Settlement {
  readonly owner: string
  readonly id: string
  readonly results: readonly Result[]
  readonly report?: { readonly mail: NewMail; readonly message: Message }
}

export interface Avoidance {
  readonly domain: string
  /** How long the rest is, by how often in a row it could not be reached; the last one counts for all that follow. */
  readonly restsMs: readonly number[]
  readonly why: Reply
}

/** Which recipients; without any of these, all. */
export interface Filter {
  readonly ids?: readonly string[]
  readonly sender?: string
  /** An address, or a domain. */
  readonly recipient?: string
  readonly state?: EntryState
  readonly most?: number
}

export type EntryState = 'waiting' | 'delivering' | 'held'

/** One recipient as a person sees it. */
export interface Entry {
  readonly id: string
  readonly number: number
  readonly sender: string
  readonly recipient: string
  readonly state: EntryState
  readonly attempts: number
  readonly size: number
  /** ISO 8601, in UTC. */
  readonly created: string
  readonly next?: string
  readonly expires: string
  readonly reply?: string
  /** What only we may know: which server, which error. */
  readonly detail?: string
  /** Why its domain as a whole is not tried at present. */
  readonly avoided?: string
}

export interface Change {
  readonly what: 'retry' | 'hold' | 'delete'
  readonly filter: Filter
}

export interface Changed {
  readonly changed: number
  /** So many are being delivered at this moment. */
  readonly busy: number
}

export interface QueueCounts {
  readonly states: Readonly<Record<EntryState, number>>
  readonly messages: number
  /** How long the oldest has waited. */
  readonly oldestMs: number
}

/** Nothing could be written because the disk is full. */
export class NoRoom extends Error {}

/** What was lent to this process is somebody else's by now, so that it must not speak for it. */
export class LeaseLost extends Error {}
