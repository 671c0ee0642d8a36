import { across, counter, gauge } from './family.ts'
import type { Page } from './page.ts'

export const queue = {
  recipients: across(
    'max',
    gauge('postern_queue_recipients', 'Recipients whose copy is in the queue, by what becomes of it.', 'state'),
  ),
  messages: across('max', gauge('postern_queue_messages', 'Messages in the queue.')),
  oldest: across('max', gauge('postern_queue_oldest_seconds', 'How long the oldest message in the queue has been there.')),
  deliveries: counter('postern_queue_deliveries_total', 'How attempts to deliver from the queue ended, by recipient.', 'result'),
  reports: counter('postern_queue_reports_total', 'Reports to senders of our own about their mail.'),
  errors: counter('postern_queue_errors_total', 'What the queue could not take, or not write down.'),
} as const

/** What deliveries from the queue have come to. */
interface Counters {
  readonly delivered: number
  readonly deferred: number
  readonly refused: number
  readonly expired: number
  readonly kept: number
  readonly reports: number
  readonly errors: number
}

interface Counts {
  readonly states: Readonly<Record<string, number>>
  readonly messages: number
  readonly oldestMs: number
}

/** The queue, as far as it is looked at when somebody asks. */
export interface CountedQueue {
  readonly counters: Counters
  readonly store: { counts(): Promise<Counts> }
}

export async function writeQueue(page: Page, { counters, store }: CountedQueue): Promise<void> {
  const { reports, errors, ...results } = counters
  for (const [result, count] of Object.entries(results)) page.set(queue.deliveries, count, result)
  page.set(queue.reports, reports)
  page.set(queue.errors, errors)
  // Without a place to count, there is nothing to tell; the error is told where mail is concerned.
  const counts = await store.counts().catch(() => undefined)
  if (!counts) return
  for (const [state, count] of Object.entries(counts.states)) page.set(queue.recipients, count, state)
  page.set(queue.messages, counts.messages)
  page.set(queue.oldest, counts.oldestMs / 1000)
}
