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
  write(text: string): void
  /** What comes next is a message. */
  receive(intake: MessageIntake): void
  startTls(): void
  close(): void
}
