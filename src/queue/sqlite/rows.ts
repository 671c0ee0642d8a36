/** A recipient as the file has it. */
export interface RecipientRow {
  readonly number: number
  readonly address: string
  /** JSON, as is `reply`. */
  readonly parameters: string
  readonly attempts: number
  readonly reply: string | null
  readonly due: number
}

/** Recipients of one message in one domain that have been lent. */
export interface LentJob {
  readonly message: string
  readonly domain: string
  readonly recipients: readonly RecipientRow[]
  readonly isProbe: boolean
}

/** What goes from the thread of the file to the one that delivers. */
export interface JobRow extends LentJob {
  readonly mail: string
  readonly size: number
  readonly created: number
  /** The message, unless it is in a file of its own. */
  readonly bytes: Uint8Array | null
}
