// What we use of mailauth, as it is in version 7.1: its own types know only the entry that we do not use.

interface MailauthStatus {
  readonly result: string
  readonly comment?: string
  readonly underSized?: number
  readonly testing?: boolean
  readonly policy?: Readonly<Record<string, string>>
}

type MailauthResolver = (name: string, type: string) => Promise<readonly unknown[]>

declare module 'mailauth/lib/spf/index.js' {
  export function spf(options: {
    readonly sender: string
    readonly ip: string
    readonly helo: string
    readonly mta: string
    readonly resolver: MailauthResolver
    readonly strict: boolean
    readonly maxElapsedTime: number
  }): Promise<{
    readonly domain: string
    readonly status: MailauthStatus
    readonly lookups?: { readonly count: number; readonly void: number }
  }>
}

declare module 'mailauth/lib/dkim/verify.js' {
  import type { Readable } from 'node:stream'
  import type { ArcData } from 'mailauth/lib/arc/index.js'

  export interface Signature {
    readonly signingDomain?: string
    readonly selector?: string
    readonly signature?: string
    readonly algo?: string
    readonly status: MailauthStatus
    readonly signTime?: string | null
    readonly modulusLength?: number
    /** The names of the fields that it covers: `From: To: Subject`. Absent when it was not verified. */
    readonly signingHeaders?: { readonly keys: string }
  }

  export function dkimVerify(
    message: Readable,
    options: {
      readonly resolver: MailauthResolver
      readonly strict: boolean
      readonly curTime: Date
      /** Of the envelope. */
      readonly sender: string
    },
  ): Promise<{
    readonly headerFrom: readonly string[]
    readonly fromFields: number
    readonly results: readonly Signature[]
    readonly arc: ArcData
  }>
}

declare module 'mailauth/lib/arc/index.js' {
  interface TagList {
    readonly parsed?: Readonly<Record<string, { readonly value?: unknown } | undefined>>
  }

  /** The sets as they were read, before any seal is verified; `false` when there are none, or they make no chain. */
  interface ArcData {
    readonly chain: readonly { readonly i: number; readonly [field: string]: unknown }[] | false
  }

  export function arc(
    data: ArcData,
    options: { readonly resolver: MailauthResolver; readonly strict: boolean },
  ): Promise<{ readonly status: MailauthStatus }>

  export type { ArcData, TagList }
}

declare module 'mailauth/lib/dmarc/verify.js' {
  interface Verdict {
    readonly status: MailauthStatus
    readonly policy?: string
    readonly policyDomain?: string
    readonly testMode?: boolean
    readonly error?: string
    readonly alignment?: {
      readonly spf: { readonly result?: string }
      readonly dkim: { readonly result?: string }
    }
  }

  export default function verifyDmarc(options: {
    readonly headerFrom: readonly string[]
    readonly fromFields: number
    readonly spfDomains: readonly string[]
    readonly dkimDomains: readonly string[]
    readonly resolver: MailauthResolver
    readonly strict: boolean
  }): Promise<Verdict | false>
}
