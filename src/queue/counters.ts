/** How deliveries have ended since the process began, by recipient. */
export interface QueueCounters {
  delivered: number
  /** To be tried again. */
  deferred: number
  /** Refused for good. */
  refused: number
  /** Waited too long. */
  expired: number
  /** Reports to senders, whatever they say. */
  reports: number
  /** Copies that could be neither delivered nor reported, and were put in quarantine. */
  kept: number
  /** What the queue could not take, or not write down. */
  errors: number
}

export function newQueueCounters(): QueueCounters {
  return { delivered: 0, deferred: 0, refused: 0, expired: 0, reports: 0, kept: 0, errors: 0 }
}
