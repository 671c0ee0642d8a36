import type { MessageIntake } from './message-intake.ts'

/** One client's connection, as the exchange of commands and replies sees it. */
export interface Wire {
  /** Bytes have come that nobody has heard yet. */
  readonly hasMore: boolean
  /** Among them a whole line. */
  readonly hasLine: boolean
  /** A message is coming in. */
  readonly isReceiving: boolean
  /** A TLS handshake is going on. */
  readonly isSecuring: boolean
  readonly isClosing: boolean
  /** All that has come on this connection. */
  readonly bytesRead: number
  /** Fulfilled when the client has read what we have said; undefined when there is nothing to wait for. */
  readonly unread: Promise<void> | undefined
  write(text: string): void
  /** What comes next is a message. */
  receive(intake: MessageIntake): void
  startTls(): void
  /** Answers a command that we do not know; fulfilled when it may go on. */
  puzzle(line: string): Promise<void>
  close(): void
}
