/** What a client can run into: the key of the limit in the configuration, or, for the last two, a word of its own. */
const names = [
  'connections',
  'connectionsPerAddress',
  'connectionsPerNetwork',
  'newPerMinute',
  'handshakes',
  'proxyHeaderMs',
  'tlsHandshakeMs',
  'commandMs',
  'dataBlockMs',
  'dataBytesPerSecond',
  'sessionMs',
  'sessionBytes',
  'sessionMessages',
  'answerMs',
  'messageAnswerMs',
  'errors',
  'junkCommands',
  'refusedRecipients',
  'deferredRecipients',
  'recipients',
  'messageBytes',
  'slackBytes',
  'lineBytes',
  'headerBytes',
  'headerFields',
  'continuationLines',
  /** A command line that is too long (RFC 5321, 4.5.3.1.4). */
  'commandBytes',
  /** An idle connection that had to make room for another client. */
  'idle',
] as const

export type LimitName = (typeof names)[number]

/** How often each limit has been reached. */
export type LimitCounts = Record<LimitName, number>

export function noLimitReached(): LimitCounts {
  return Object.fromEntries(names.map(name => [name, 0])) as LimitCounts
}
