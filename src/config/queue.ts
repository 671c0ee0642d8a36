import { z } from 'zod'
import { defaultConnections, defaultSchedule, type QueueSettings } from '../queue/settings.ts'

const [minuteMs, hourMs] = [60_000, 3_600_000]

const providerSchema = z.strictObject({
  connections: z.int().min(1).max(1000).default(20).describe('How many connections at once all processes together make.'),
  messages: z.int().min(1).max(10_000).default(100).describe('How many messages go over one connection.'),
})

/** How what cannot be delivered at once is tried again. */
export const queueSchema = z.strictObject({
  retryMinutes: z
    .array(z.number().min(0.1).max(1440))
    .min(1)
    .max(100)
    .default(defaultSchedule.remote.map(ms => ms / minuteMs))
    .describe(
      'How long a message rests after each attempt, in minutes, give or take a tenth; the last number counts for all that follow.',
    ),
  ownRetryMinutes: z
    .array(z.number().min(0.05).max(1440))
    .min(1)
    .max(100)
    .default(defaultSchedule.own.map(ms => ms / minuteMs))
    .describe('The same for the next hops of relay.'),
  expireHours: z.number().min(0.1).max(720).default(96).describe('After so long a message is given up.'),
  expireReportHours: z.number().min(0.1).max(720).default(24).describe('The same for reports and other mail without a sender.'),
  noticeHours: z.number().min(0.1).max(720).default(4).describe('After so long the sender hears, once, that the message waits.'),
  connections: z.int().min(1).max(1000).default(defaultConnections).describe('How many deliveries one process has under way.'),
  providers: z
    .record(z.string().min(1), providerSchema)
    .default({})
    .describe('What single providers take, by the end of the name of their mail servers, such as google.com.'),
})

export function queueSettings(queue: z.output<typeof queueSchema>): QueueSettings {
  return {
    scheduleMs: queue.retryMinutes.map(minutes => minutes * minuteMs),
    ownScheduleMs: queue.ownRetryMinutes.map(minutes => minutes * minuteMs),
    lifetimeMs: queue.expireHours * hourMs,
    reportLifetimeMs: queue.expireReportHours * hourMs,
    noticeMs: queue.noticeHours * hourMs,
    connections: queue.connections,
    providers: Object.fromEntries(Object.entries(queue.providers).map(([name, limits]) => [name.toLowerCase(), limits])),
  }
}
